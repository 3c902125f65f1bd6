/**
 * A doctor connects an own account through the provider's consent page, and a visit takes place. The dashboard's pages
 * are the contract plugin's; on the real KiviCare the same calls are made without its pages.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { at_sandbox, book, close, launch, person, php, reset, rest, sandbox, shoot, site } from './browser.mjs';

const REAL = Boolean( process.env.KIVICARE_DIR );

const PROVIDERS = [
	{ name: 'Zoom', route: 'zoom-telemed', page: 'zoom-configuration', host: /^https:\/\/[a-z0-9]+\.zoom\.us\/s\/\d+\?zak=/, join: /^https:\/\/[a-z0-9]+\.zoom\.us\/j\/\d+/ },
	{ name: 'Google Meet', route: 'googlemeet', page: 'google-meet-configuration', host: /^https:\/\/meet\.google\.com\//, join: /^https:\/\/meet\.google\.com\// },
];

before( launch );
after( close );

for ( const provider of PROVIDERS ) {
	describe( provider.name, { concurrency: 1 }, () => {
		let doctor;
		let patient;
		let id;

		before( async () => {
			reset();
			await at_sandbox( 'DELETE', '/faults' );
			await at_sandbox( 'POST', '/limits', { unlimited: true } );
			php( `$p = KiviCare\\Telemed\\Plugin::instance(); $p->settings()->save_zoom( $p->bridge(), array( "auth_type" => "oauth", "client_id" => "${ sandbox.seed.client_id }", "client_secret" => "${ sandbox.seed.client_secret }" ) );` );
			doctor = await person( 'doctor' );
			patient = await person( 'patient' );
			await rest( doctor, 'GET', `kivicare/v1/settings/${ provider.route }/disconnect` );
		} );

		after( async () => {
			await rest( doctor, 'GET', `kivicare/v1/settings/${ provider.route }/disconnect` );
			reset();
		} );

		/**
		 * To the provider's consent page, from the dashboard.
		 */
		async function ask() {
			if ( REAL ) {
				const answer = await rest( doctor, 'GET', `kivicare/v1/settings/${ provider.route }/authorize` );
				await doctor.goto( answer.json.data.redirect_url );
			} else {
				await doctor.goto( `${ site }/kivicare-doctor-dashboard/setting/${ provider.page }` );
				await doctor.getByText( 'Not connected' ).waitFor();
				await doctor.getByRole( 'button', { name: 'Connect', exact: true } ).click();
			}
			await doctor.waitForURL( ( url ) => url.href.startsWith( sandbox.tls_url ) || url.href.startsWith( sandbox.http_url ) );
		}

		async function connected() {
			return ( await rest( doctor, 'GET', `kivicare/v1/settings/${ provider.route }/doctor-config` ) ).json.data.is_connected;
		}

		/**
		 * Where a person's video link leads.
		 */
		async function follow( person_page, who ) {
			const answer = await rest( person_page, 'GET', 'kivicare/v1/appointments?perPage=all' );
			const row = answer.json.data.appointments.find( ( one ) => Number( one.id ) === id );
			assert.ok( row?.video_url, `no link for the ${ who }` );
			if ( REAL ) {
				await person_page.goto( row.video_url );
			} else {
				await person_page.goto( `${ site }/kivicare-${ who }-dashboard/` );
				await person_page.locator( `#appointment-${ id }` ).getByRole( 'link', { name: 'Join video' } ).click();
			}
			await person_page.waitForURL( /^https:/ );
			return { shown: row.video_url, end: person_page.url() };
		}

		test( 'a doctor who declines is told so and stays as before', async () => {
			await ask();
			await shoot( doctor, `consent-${ provider.route }` );
			await doctor.locator( '#deny' ).click();
			await doctor.getByText( 'You declined the access' ).waitFor();
			assert.equal( await connected(), false );
		} );

		test( 'a doctor who allows is connected and back in the dashboard', async () => {
			await ask();
			await doctor.locator( '#approve' ).click();
			await doctor.waitForURL( ( url ) => url.href.startsWith( site ) && url.pathname.includes( `/setting/${ provider.page }` ) );
			REAL || ( await doctor.getByText( 'Connected', { exact: true } ).waitFor() );
			assert.equal( await connected(), true );
			await shoot( doctor, `connected-${ provider.route }` );
		} );

		test( 'a patient books; the doctor starts and the patient joins the same meeting', async () => {
			id = await book( patient );
			const host = await follow( doctor, 'doctor' );
			assert.ok( host.shown.startsWith( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` ), host.shown );
			assert.match( host.end, provider.host );
			const joined = await follow( patient, 'patient' );
			assert.match( joined.end, provider.join );
			const number = ( url ) => new URL( url ).pathname.split( '/' ).pop();
			assert.equal( number( joined.end ), number( host.end ) );
			assert.ok( ! joined.end.includes( 'zak' ) );
		} );

		test( 'the patient cannot open the start link', async () => {
			const answer = await patient.goto( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` );
			assert.equal( answer.status(), 403 );
		} );

		test( 'the doctor disconnects; the link is gone', async () => {
			if ( REAL ) {
				await rest( doctor, 'GET', `kivicare/v1/settings/${ provider.route }/disconnect` );
			} else {
				await doctor.goto( `${ site }/kivicare-doctor-dashboard/setting/${ provider.page }` );
				await doctor.getByRole( 'button', { name: 'Disconnect' } ).click();
				await doctor.getByText( 'Not connected' ).waitFor();
			}
			assert.equal( await connected(), false );
			const list = await rest( doctor, 'GET', 'kivicare/v1/appointments?perPage=all' );
			assert.ok( ! list.json.data.appointments.find( ( one ) => Number( one.id ) === id )?.video_url );
		} );
	} );
}
