/**
 * A visit whose link is late: people wait on a page of ours that leads on by itself, without a script.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { at_sandbox, book, close, launch, person, php, reset, rest, serious, shoot, site } from './browser.mjs';

const A_WHILE = 120000;

before( launch );
after( close );

describe( 'A late link', { concurrency: 1 }, () => {
	let patient;
	let doctor;
	let id;
	let link;

	before( async () => {
		reset();
		await at_sandbox( 'DELETE', '/faults' );
		await at_sandbox( 'POST', '/limits', { unlimited: true } );
		patient = await person( 'patient', { javaScriptEnabled: false } );
		doctor = await person( 'doctor' );
		await at_sandbox( 'POST', '/faults', { match: { method: 'POST', path_contains: '/meetings' }, action: { type: 'status', code: 503 }, times: null, when: 'before' } );
		id = await book( patient );
		link = ( await rest( patient, 'GET', `kivicare/v1/appointments/${ id }` ) ).json.data.video_url;
	} );

	after( async () => {
		await at_sandbox( 'DELETE', '/faults' );
	} );

	test( 'patient and doctor read that they need not do anything', async () => {
		const answer = await patient.goto( link );
		assert.equal( answer.status(), 200 );
		await patient.getByRole( 'heading', { level: 1, name: 'Your video visit is being prepared' } ).waitFor();
		await doctor.goto( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` );
		await doctor.getByRole( 'heading', { level: 1, name: 'The meeting is not ready yet' } ).waitFor();
		assert.match( await doctor.title(), /^The meeting is not ready yet – / );
		assert.ok( await doctor.locator( 'html' ).getAttribute( 'lang' ) );
		assert.deepEqual( await serious( doctor, 'body' ), [] );
		await shoot( patient, 'late-link-patient' );
		await shoot( doctor, 'late-link-doctor' );
	} );

	test( 'as soon as the meeting is there, the pages lead both into it', async () => {
		// Nobody answers there; that the browser asks is what counts.
		const joins = patient.waitForRequest( /^https:\/\/[a-z0-9]+\.zoom\.us\/j\/\d+/, { timeout: A_WHILE } );
		const starts = doctor.waitForRequest( /^https:\/\/[a-z0-9]+\.zoom\.us\/s\/\d+\?zak=/, { timeout: A_WHILE } );
		await at_sandbox( 'DELETE', '/faults' );
		php( `global $wpdb; $wpdb->query( "UPDATE {$wpdb->prefix}kc_telemed_operations SET resume_at = UTC_TIMESTAMP() WHERE appointment_id = ${ id } AND resume_at IS NOT NULL" ); do_action( "kivicare_telemed_sweep" );` );
		await Promise.all( [ joins, starts ] );
	} );
} );
