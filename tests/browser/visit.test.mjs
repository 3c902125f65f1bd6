/**
 * A doctor connects their own account through the provider's consent page, and a visit takes place, all through the
 * dashboard's pages: KiviCare's own with KIVICARE_DIR, otherwise the contract plugin's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { at_sandbox, book, close, eventually, launch, person, php, reset, sandbox, seed, shoot, site } from './browser.mjs';

const PROVIDERS = [
	{ name: 'Zoom', id: 'Zoom', page: 'zoom-configuration', host: /^https:\/\/[a-z0-9]+\.zoom\.us\/s\/\d+\?zak=/, join: /^https:\/\/[a-z0-9]+\.zoom\.us\/j\/\d+/ },
	{ name: 'Google Meet', id: 'GoogleMeet', page: 'google-meet-configuration', host: /^https:\/\/meet\.google\.com\//, join: /^https:\/\/meet\.google\.com\// },
];

/**
 * Somebody deletes the visit's meeting at the provider.
 */
const LOSE = {
	async Zoom( meeting ) {
		const json = { 'Content-Type': 'application/json' };
		const basic = 'Basic ' + Buffer.from( `${ sandbox.seed.client_id }:${ sandbox.seed.client_secret }` ).toString( 'base64' );
		const grant = await fetch( `${ sandbox.http_url }/oauth/token?grant_type=account_credentials&account_id=${ sandbox.seed.account_id }`, { method: 'POST', headers: { Authorization: basic } } );
		const { access_token } = await grant.json();
		const answer = await fetch( `${ sandbox.http_url }/v2/meetings/${ meeting }`, { method: 'DELETE', headers: { ...json, Authorization: `Bearer ${ access_token }` } } );
		assert.equal( answer.status, 204, await answer.text() );
	},
	GoogleMeet: ( meeting ) => at_sandbox( 'POST', '/google/events', { user: 'doctor@example.test', id: meeting, action: 'delete' } ),
};

/**
 * KiviCare's pages. They show the video button once the patient has checked in.
 */
const real = {
	list: 'appointments',
	connected: ( page, provider ) => page.getByText( `Your ${ provider.name } account is connected` ),
	not_connected: ( page, provider ) => page.getByText( `Your ${ provider.name } account is not connected` ),
	connect: ( page, provider ) => page.getByRole( 'button', { name: `Connect ${ provider.name } Account` } ).click(),
	async disconnect( page ) {
		await page.getByRole( 'button', { name: 'Disconnect' } ).click();
		await page.getByRole( 'dialog' ).getByRole( 'button', { name: /^(Disconnect|Yes)/ } ).click();
	},
	// Only the one visit that is checked in has it.
	link: ( page ) => page.locator( 'a:has(.ph-video-conference)' ),
	row: ( page ) => page.getByText( 'Check In', { exact: true } ),
	all: ( page ) => page.locator( 'select', { has: page.locator( 'option', { hasText: '100' } ) } ).selectOption( { label: 'All' } ),
};

/**
 * The contract plugin's pages.
 */
const contract = {
	list: '',
	connected: ( page ) => page.getByText( 'Connected', { exact: true } ),
	not_connected: ( page ) => page.getByText( 'Not connected', { exact: true } ),
	connect: ( page ) => page.getByRole( 'button', { name: 'Connect', exact: true } ).click(),
	disconnect: ( page ) => page.getByRole( 'button', { name: 'Disconnect' } ).click(),
	link: ( page, id ) => page.locator( `#appointment-${ id }` ).getByRole( 'link', { name: 'Join video' } ),
	row: ( page, id ) => page.locator( `#appointment-${ id }` ),
	all: () => {},
};

const pages = process.env.KIVICARE_DIR ? real : contract;

before( launch );
after( close );

for ( const provider of PROVIDERS ) {
	describe( provider.name, { concurrency: 1 }, () => {
		let doctor;
		let patient;
		let id;

		const within = ( code ) => php( `global $wpdb; $p = KiviCare\\Telemed\\Plugin::instance(); $provider = KiviCare\\Telemed\\Config\\Provider::${ provider.id }; $doctor = ${ seed.doctor_id }; ${ code }` );
		const disconnect = () => within( '$p->disconnection()->disconnect( $doctor, $provider );' );
		const connected = () => within( 'echo (int) $p->doctors()->has_own_tokens( $doctor, $provider );' ) === '1';

		before( async () => {
			reset();
			await at_sandbox( 'DELETE', '/faults' );
			await at_sandbox( 'POST', '/limits', { unlimited: true } );
			within( `$p->settings()->save_zoom( $p->bridge(), array( "auth_type" => "oauth", "client_id" => "${ sandbox.seed.client_id }", "client_secret" => "${ sandbox.seed.client_secret }" ) );` );
			disconnect();
			doctor = await person( 'doctor' );
			patient = await person( 'patient' );
		} );

		after( () => {
			disconnect();
			reset();
		} );

		/**
		 * To the provider's consent page, from the dashboard.
		 */
		async function ask() {
			await doctor.goto( `${ site }/kivicare-doctor-dashboard/setting/${ provider.page }` );
			await pages.not_connected( doctor, provider ).waitFor();
			await pages.connect( doctor, provider );
			await doctor.waitForURL( ( url ) => url.href.startsWith( sandbox.tls_url ) || url.href.startsWith( sandbox.http_url ) );
		}

		/**
		 * The visit in a person's list.
		 */
		async function list( page, who ) {
			await page.goto( `${ site }/kivicare-${ who }-dashboard/${ pages.list }` );
			await pages.all( page );
			await pages.row( page, id ).waitFor();
			return pages.link( page, id );
		}

		/**
		 * Where a person's video link leads, in this window or a new one.
		 */
		async function follow( page, who ) {
			const link = await list( page, who );
			const shown = await link.getAttribute( 'href' );
			const context = page.context();
			const before = context.pages();
			await link.click();
			// Another window, or this one leads away.
			const window = await eventually( () => context.pages().find( ( one ) => ( one === page || ! before.includes( one ) ) && one.url().startsWith( 'https:' ) ) );
			return { shown, end: window.url() };
		}

		test( 'a doctor who declines is told so and stays as before', async () => {
			await ask();
			await shoot( doctor, `consent-${ provider.page }` );
			await doctor.locator( '#deny' ).click();
			await doctor.getByText( 'You declined the access' ).waitFor();
			assert.equal( connected(), false );
		} );

		// With such cookies a browser looks like nobody's when it comes back from the provider.
		test( 'a doctor whose login cookies are strict is connected as well', async () => {
			const context = doctor.context();
			const cookies = await context.cookies( site );
			await context.clearCookies();
			await context.addCookies( cookies.map( ( cookie ) => ( { ...cookie, sameSite: 'Strict' } ) ) );
			const seen = [];
			const follow = ( request ) => request.isNavigationRequest() && request.url().includes( '/callback' ) && seen.push( request );
			doctor.on( 'request', follow );
			try {
				await ask();
				await doctor.locator( '#approve' ).click();
				await doctor.waitForURL( ( url ) => url.href.startsWith( site ) && url.pathname.includes( `/setting/${ provider.page }` ) );
				await pages.connected( doctor, provider ).waitFor();
				assert.equal( connected(), true );
				assert.deepEqual( seen.map( ( request ) => new URL( request.url() ).searchParams.get( 'reloaded' ) ), [ null, '1' ], 'one reload' );
				assert.equal( ( await seen[ 1 ].allHeaders() ).referer, undefined, 'the code is in no referrer' );
			} finally {
				doctor.off( 'request', follow );
				disconnect();
				await context.clearCookies();
				await context.addCookies( cookies );
			}
		} );

		test( 'a doctor who allows is connected and back in the dashboard', async () => {
			await ask();
			await doctor.locator( '#approve' ).click();
			await doctor.waitForURL( ( url ) => url.href.startsWith( site ) && url.pathname.includes( `/setting/${ provider.page }` ) );
			await pages.connected( doctor, provider ).waitFor();
			assert.equal( connected(), true );
			await shoot( doctor, `connected-${ provider.page }` );
		} );

		test( 'a patient books; the doctor starts and the patient joins the same meeting', async () => {
			id = await book( patient );
			within( `$wpdb->query( "UPDATE {$wpdb->prefix}kc_appointments SET status = 3 WHERE status = 4" ); $wpdb->update( $wpdb->prefix . "kc_appointments", array( "status" => 4 ), array( "id" => ${ id } ) );` );
			const host = await follow( doctor, 'doctor' );
			assert.ok( host.shown.startsWith( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` ), host.shown );
			assert.match( host.end, provider.host );
			await shoot( await list( doctor, 'doctor' ).then( () => doctor ), `visits-${ provider.page }` );
			const joined = await follow( patient, 'patient' );
			assert.match( joined.end, provider.join );
			const number = ( url ) => new URL( url ).pathname.split( '/' ).pop();
			assert.equal( number( joined.end ), number( host.end ) );
			assert.ok( ! joined.end.includes( 'zak' ) );
		} );

		test( 'a meeting that was deleted at the provider is made anew and started with one click', async () => {
			// Nobody follows the calendar: the click comes before the next look.
			within( '$p->bridge()->leave_calendar( $doctor );' );
			await LOSE[ provider.id ]( within( `echo $p->bridge()->find_by_appointment( $provider->value, ${ id } )["meeting_id"];` ) );
			await doctor.goto( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` );
			await doctor.getByRole( 'heading', { name: 'The meeting is gone' } ).waitFor();
			doctor.problems.length = 0;
			// Nobody answers there; that the browser asks is what counts.
			const asked = doctor.waitForRequest( provider.host );
			await doctor.getByRole( 'button', { name: 'Make a new meeting and start it' } ).click();
			await asked;
			assert.deepEqual( doctor.problems, [], 'no policy of ours stands in the way' );
		} );

		test( 'the patient cannot open the start link', async () => {
			const answer = await patient.goto( `${ site }/wp-json/kivicare-telemed/v1/appointments/${ id }/start` );
			assert.equal( answer.status(), 403 );
		} );

		test( 'the doctor disconnects; the link is gone', async () => {
			await doctor.goto( `${ site }/kivicare-doctor-dashboard/setting/${ provider.page }` );
			await pages.disconnect( doctor );
			await pages.not_connected( doctor, provider ).waitFor();
			assert.equal( connected(), false );
			assert.equal( await ( await list( doctor, 'doctor' ) ).count(), 0 );
			assert.equal( await ( await list( patient, 'patient' ) ).count(), 0 );
		} );
	} );
}
