/**
 * The administrator's screen, as an administrator and as a clinic's administrator use it.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { at_sandbox, book, close, launch, mails, open_tab, person, php, reset, rest, sandbox, screen, seed, serious, shoot, site } from './browser.mjs';

const TABS = [ 'Set-up', 'Doctors', 'Meetings', 'Queue', 'Statistics' ];

describe( 'administrator', { concurrency: 1 }, () => {
	let page;
	let patient;

	before( async () => {
		reset();
		await at_sandbox( 'DELETE', '/faults' );
		await at_sandbox( 'POST', '/limits', { unlimited: true } );
		php( 'delete_option( "kiviCare_zoom_telemed_setting" ); delete_option( "kiviCare_google_meet_setting" );' );
		await launch();
		page = await person( 'admin' );
		await page.context().grantPermissions( [ 'clipboard-read', 'clipboard-write' ] );
		patient = await person( 'patient' );
	} );

	after( async () => {
		await at_sandbox( 'DELETE', '/faults' );
		reset();
		await close();
	} );

	beforeEach( async () => {
		page.problems.length = 0;
		await page.goto( screen );
		await page.getByRole( 'tab', { name: 'Set-up' } ).waitFor();
	} );

	const card = ( title ) => page.locator( '.kct-card' ).filter( { has: page.getByRole( 'heading', { name: title, exact: true } ) } );

	async function fill( form, values ) {
		for ( const [ label, value ] of Object.entries( values ) ) {
			await form.getByLabel( label, { exact: true } ).fill( value );
		}
	}

	test( 'configures Zoom; the test tells what is wrong, the secret never comes back', async () => {
		const zoom = card( 'Zoom' );
		await zoom.getByLabel( 'One Zoom account of the clinic (server-to-server)' ).check();
		await fill( zoom, { 'Account ID': sandbox.seed.account_id, 'Client ID': sandbox.seed.client_id, 'Client secret': 'wrong' } );
		await zoom.getByRole( 'button', { name: 'Test connection' } ).click();
		await zoom.getByText( 'Zoom refuses the client ID or the client secret' ).waitFor();
		await fill( zoom, { 'Client secret': sandbox.seed.client_secret } );
		await zoom.getByRole( 'button', { name: 'Test connection' } ).click();
		await zoom.getByText( 'The connection to Zoom works.' ).waitFor();
		await zoom.getByRole( 'button', { name: 'Save' } ).click();
		await zoom.getByText( 'The settings are saved.' ).waitFor();
		const answer = await page.reload().then( () => rest( page, 'GET', 'kivicare-telemed/v1/admin/settings/zoom' ) );
		assert.equal( answer.json.settings.auth_type, 'server-to-server' );
		assert.match( answer.json.settings.client_secret, /^•+$/ );
		assert.equal( await zoom.getByLabel( 'Client secret' ).inputValue(), '' );
		assert.ok( ! ( await page.content() ).includes( sandbox.seed.client_secret ) );
		await zoom.getByRole( 'button', { name: 'Test connection' } ).click();
		await zoom.getByText( 'The connection to Zoom works.' ).waitFor();
	} );

	test( 'configures Google Meet', async () => {
		const google = card( 'Google Meet' );
		await google.getByLabel( 'Google Meet is on' ).check();
		await google.getByRole( 'button', { name: 'Save' } ).click();
		await google.getByText( 'Client ID and client secret of the Google Cloud app are needed.' ).waitFor();
		await fill( google, { 'Client ID': sandbox.seed.google.client_id, 'Client secret': sandbox.seed.google.client_secret, 'Name of the app': 'Example Clinic' } );
		await google.getByRole( 'button', { name: 'Test connection' } ).click();
		await google.getByText( 'Google knows the client ID and the client secret.' ).waitFor();
		await google.getByRole( 'button', { name: 'Save' } ).click();
		await google.getByText( 'The settings are saved.' ).waitFor();
		await shoot( page, 'set-up' );
		assert.ok( ! JSON.stringify( ( await rest( page, 'GET', 'kivicare-telemed/v1/admin/settings/googlemeet' ) ).json ).includes( sandbox.seed.google.client_secret ) );
	} );

	test( 'copies the addresses for the app', async () => {
		const expected = { 'Webhook URL': '/wp-json/kivicare-telemed/v1/webhooks/zoom', Events: 'app_deauthorized' };
		for ( const [ label, value ] of Object.entries( expected ) ) {
			await page.getByRole( 'button', { name: 'Copy: ' + label } ).click();
			assert.ok( ( await page.evaluate( () => navigator.clipboard.readText() ) ).includes( value ) );
		}
		await card( 'Zoom' ).getByLabel( 'Each doctor connects their own Zoom account (OAuth)' ).check();
		for ( const label of [ 'Redirect URL', 'Landing page', 'Deauthorization URL', 'Scopes' ] ) {
			await card( 'Zoom' ).getByLabel( label, { exact: true } ).waitFor();
		}
		await shoot( page, 'set-up-oauth' );
	} );

	test( 'saving the clinic\'s account offers its doctors, and those who are chosen', async () => {
		const zoom = card( 'Zoom' );
		php( `$plugin = KiviCare\\Telemed\\Plugin::instance(); foreach ( array( ${ seed.doctor_id }, ${ seed.other_doctor_id } ) as $id ) { $plugin->zoom_users()->withdraw( $id ); update_user_meta( $id, "kiviCare_zoom_telemed_connect", "off" ); delete_user_meta( $id, "zoom_server_to_server_oauth_config_data" ); }` );
		await page.reload();
		await zoom.getByLabel( 'Those I choose' ).check();
		await zoom.getByRole( 'button', { name: 'Save' } ).click();
		await zoom.getByText( 'The settings are saved.' ).waitFor();
		await zoom.getByLabel( 'Doctor2 Example (doctor2@example.test)' ).check();
		await shoot( page, 'offer-choice' );
		await zoom.getByRole( 'button', { name: 'Offer the chosen doctors' } ).click();
		await zoom.getByText( '1 doctor is offered through the clinic\'s Zoom account.' ).waitFor();
		await zoom.getByLabel( 'All there are now' ).check();
		await zoom.getByRole( 'button', { name: 'Save' } ).click();
		await zoom.getByText( '2 doctors are offered through the clinic\'s Zoom account.' ).waitFor();
		await shoot( page, 'offered' );
		const metas = php( `echo get_user_meta( ${ seed.doctor_id }, "kiviCare_zoom_telemed_connect", true ), get_user_meta( ${ seed.other_doctor_id }, "zoom_server_to_server_oauth_config_data", true );` );
		assert.equal( metas, 'on{"enableServerToServerOauthconfig":"true"}' );
	} );

	test( 'finds doctors, maps one to a Zoom user and invites one by mail', async () => {
		await open_tab( page, 'Doctors' );
		const row = ( name ) => page.getByRole( 'row' ).filter( { hasText: name } );
		await row( 'Doctor Example' ).getByText( 'Clinic account' ).waitFor();
		await page.getByLabel( 'Search doctors' ).fill( 'doctor2' );
		await row( 'Doctor Example' ).waitFor( { state: 'detached' } );
		await page.getByRole( 'button', { name: 'Actions for Doctor2 Example' } ).click();
		await page.getByRole( 'menuitem', { name: 'Map to a Zoom user' } ).click();
		await page.getByLabel( 'Zoom user ID or e-mail address' ).fill( 'doctor2@example.test' );
		await shoot( page, 'doctors-map' );
		await page.getByRole( 'button', { name: 'Map', exact: true } ).click();
		await page.getByText( 'Doctor2 Example is served as Zoom user doctor2@example.test.' ).first().waitFor();
		await row( 'doctor2@example.test' ).waitFor();
		const sent = mails().length;
		await page.getByRole( 'button', { name: 'Actions for Doctor2 Example' } ).click();
		await page.getByRole( 'menuitem', { name: 'Invite to connect Google Meet' } ).click();
		await page.getByText( 'The invitation to Doctor2 Example is sent.' ).first().waitFor();
		const mail = mails().slice( sent )[ 0 ];
		assert.equal( mail.to, 'doctor2@example.test' );
		assert.match( mail.message, /setting\/google-meet-configuration/ );
		await shoot( page, 'doctors' );
	} );

	test( 'disconnects a doctor after a question', async () => {
		const tokens = await at_sandbox( 'POST', '/google/grants', { client_id: sandbox.seed.google.client_id, user: 'doctor2@example.test', expires_in: 3600 } );
		php( `KiviCare\\Telemed\\Plugin::instance()->doctors()->connect( ${ seed.other_doctor_id }, ${ JSON.stringify( JSON.stringify( tokens ) ).replaceAll( '$', '\\$' ) }, KiviCare\\Telemed\\Config\\Provider::GoogleMeet );` );
		await open_tab( page, 'Doctors' );
		await page.getByRole( 'row' ).filter( { hasText: 'Doctor2' } ).getByText( 'Healthy' ).waitFor();
		await page.getByRole( 'button', { name: 'Actions for Doctor2 Example' } ).click();
		await page.getByRole( 'menuitem', { name: 'Disconnect from Google Meet' } ).click();
		await page.getByRole( 'dialog' ).getByText( 'meetings ahead are deleted' ).waitFor();
		await shoot( page, 'doctors-disconnect' );
		assert.deepEqual( await serious( page, '.components-modal__frame' ), [] );
		await page.getByRole( 'dialog' ).getByRole( 'button', { name: 'Disconnect' } ).click();
		await page.getByText( 'Doctor2 Example is disconnected from Google Meet.' ).first().waitFor();
		await page.getByRole( 'row' ).filter( { hasText: 'Doctor2' } ).getByText( 'Healthy' ).waitFor( { state: 'detached' } );
	} );

	async function broken_booking() {
		await at_sandbox( 'POST', '/faults', { match: { method: 'POST', path_contains: '/meetings' }, action: { type: 'status', code: 500 }, times: null, when: 'before' } );
		const id = await book( patient );
		await at_sandbox( 'DELETE', '/faults' );
		return id;
	}

	test( 'sees a meeting that waits and repairs it', async () => {
		const id = await broken_booking();
		await open_tab( page, 'Meetings' );
		const row = page.getByRole( 'row' ).filter( { has: page.getByText( '#' + id, { exact: true } ) } );
		// Waiting ones come last in the order of their visits; the filter finds them.
		await page.getByLabel( 'State' ).selectOption( 'pending' );
		await row.getByText( 'Link follows' ).waitFor();
		await shoot( page, 'meetings' );
		await page.getByRole( 'button', { name: `Repair the meeting of appointment ${ id }` } ).click();
		await page.getByText( `The meeting of appointment ${ id } is as it should be.` ).first().waitFor();
		await page.getByLabel( 'State' ).selectOption( 'ready' );
		await page.getByLabel( 'Time' ).selectOption( '' );
		await row.getByText( 'Ready' ).waitFor();
		await shoot( page, 'meetings-ready' );
	} );

	test( 'retries from the queue', async () => {
		const id = await broken_booking();
		await open_tab( page, 'Queue' );
		const row = page.getByRole( 'row' ).filter( { has: page.getByText( '#' + id, { exact: true } ) } );
		await row.getByText( 'tried again by itself' ).waitFor();
		await shoot( page, 'queue' );
		await row.getByRole( 'button', { name: /Try operation/ } ).click();
		await page.getByText( 'It worked.' ).first().waitFor();
		await row.waitFor( { state: 'detached' } );
	} );

	test( 'says why links wait, until a meeting is made', async () => {
		const id = await broken_booking();
		php( `( new KiviCare\\Telemed\\Mail\\CauseBook( $GLOBALS["wpdb"] ) )->open( "host_not_found", ${ seed.doctor_id }, "x" );` );
		await page.reload();
		const cause = page.getByText( 'Video visits of Doctor Example wait for their links.' );
		await cause.waitFor();
		await page.getByText( 'map the doctor to the right Zoom user' ).waitFor();
		assert.equal( await cause.count(), 1 );
		await shoot( page, 'cause' );
		await page.goto( site + '/wp-admin/index.php' );
		await page.locator( '.notice-warning', { has: cause } ).waitFor();
		await page.goto( screen );
		await open_tab( page, 'Queue' );
		await cause.waitFor();
		await page.getByRole( 'row' ).filter( { has: page.getByText( '#' + id, { exact: true } ) } ).getByRole( 'button', { name: /Try operation/ } ).click();
		await cause.waitFor( { state: 'detached' } );
	} );

	test( 'repairs all in steps, with a progress bar', async () => {
		await at_sandbox( 'POST', '/faults', { match: { method: 'POST', path_contains: '/meetings' }, action: { type: 'status', code: 500 }, times: null, when: 'before' } );
		for ( let i = 0; i < 12; i++ ) {
			await book( patient );
		}
		await at_sandbox( 'DELETE', '/faults' );
		await open_tab( page, 'Meetings' );
		const steps = [];
		page.on( 'response', async ( answer ) => answer.url().includes( '/admin/repair' ) && steps.push( answer.status() ) );
		await page.getByRole( 'button', { name: 'Repair all' } ).click();
		await page.getByRole( 'progressbar' ).waitFor();
		await shoot( page, 'meetings-progress' );
		await page.getByText( /appointments were looked at, 0 still wait\./ ).first().waitFor( { timeout: 300000 } );
		assert.ok( steps.length >= 2, `${ steps.length } steps` );
		assert.deepEqual( [ ...new Set( steps ) ], [ 200 ] );
	} );

	test( 'reads the statistics as a chart and as a table', async () => {
		await open_tab( page, 'Statistics' );
		const chart = page.getByRole( 'img', { name: 'Meetings made and failures' } );
		assert.ok( ( await chart.locator( '.kct-bar--made' ).count() ) > 0 );
		const today = new Date().toISOString().slice( 0, 10 );
		await page.getByRole( 'row' ).filter( { hasText: today } ).filter( { hasText: 'Zoom' } ).waitFor();
		await shoot( page, 'statistics' );
	} );

	test( 'goes through the tabs by keyboard', async () => {
		await page.getByRole( 'tab', { name: 'Set-up' } ).focus();
		await page.keyboard.press( 'ArrowRight' );
		await page.getByRole( 'tab', { name: 'Doctors', selected: true } ).waitFor();
		assert.equal( await page.evaluate( () => document.activeElement.textContent ), 'Doctors' );
		await page.getByRole( 'heading', { name: 'Doctors', exact: true } ).waitFor();
	} );

	/**
	 * Lists with rows in them say more.
	 */
	async function show_all( tab ) {
		if ( tab === 'Meetings' ) {
			await page.getByLabel( 'Time' ).selectOption( '' );
			await page.getByText( 'Ready', { exact: true } ).last().waitFor();
		}
	}

	for ( const tab of TABS ) {
		test( `${ tab }: no serious accessibility fault, no script error`, async () => {
			await open_tab( page, tab );
			await page.locator( '.kct-panel h2' ).first().waitFor();
			await show_all( tab );
			assert.deepEqual( await serious( page ), [] );
			assert.deepEqual( page.problems, [] );
		} );
	}

	/**
	 * The page's own overflow, and parts of ours that are not wholly between the window's edges.
	 */
	const sticking_out = ( where ) => where.evaluate( () => {
		const width = document.documentElement.clientWidth;
		const parts = [ ...document.querySelectorAll( '#kivicare-telemed-app *' ) ].filter( ( part ) => part.checkVisibility() && ! part.closest( '.screen-reader-text, thead, svg' ) );
		const out = parts.filter( ( part ) => {
			const box = part.getBoundingClientRect();
			return box.width > 1 && ( box.left < -1 || box.right > width + 1 );
		} );
		return ( document.documentElement.scrollWidth > width ? [ 'page' ] : [] ).concat( out.map( ( part ) => part.outerHTML.slice( 0, 120 ) ) );
	} );

	for ( const width of [ 1280, 600, 380 ] ) {
		test( `right to left, ${ width } pixels wide: nothing sticks out`, async () => {
			await page.context().addCookies( [ { name: 'kct_rtl', value: '1', url: site } ] );
			await page.setViewportSize( { width, height: 900 } );
			await page.goto( screen );
			assert.equal( await page.evaluate( () => getComputedStyle( document.body ).direction ), 'rtl' );
			const at = async ( name ) => ( await page.getByRole( 'tab', { name } ).boundingBox() ).x;
			assert.ok( ( await at( 'Set-up' ) ) > ( await at( 'Doctors' ) ), 'the first tab is the rightmost' );
			for ( const tab of TABS ) {
				await open_tab( page, tab );
				await show_all( tab );
				assert.deepEqual( await sticking_out( page ), [], tab );
				assert.deepEqual( await serious( page ), [], tab );
				await shoot( page, `rtl-${ width }-${ tab.toLowerCase() }` );
			}
			await page.context().clearCookies( { name: 'kct_rtl' } );
			await page.setViewportSize( { width: 1280, height: 900 } );
		} );
	}

	/**
	 * Texts and labels of ours that were not translated. Names, numbers, dates, addresses and technical messages are none.
	 */
	const untranslated = ( where ) => where.evaluate( () => {
		const data = /^(Zoom|Google Meet|Doctor2? Example|#?[\d.,:/ %-]+( ms)?|[A-Z][a-z]{2} \d+, \d{4}, .*|[A-Z]\w+\/\w+|\S+@\S+|—|·|)$/;
		const root = document.getElementById( 'kivicare-telemed-app' );
		const texts = [];
		const walker = document.createTreeWalker( root, NodeFilter.SHOW_TEXT );
		while ( walker.nextNode() ) {
			walker.currentNode.parentElement.closest( '[lang], textarea' ) || texts.push( walker.currentNode.data );
		}
		for ( const part of root.querySelectorAll( '*' ) ) {
			texts.push( ...[ 'aria-label', 'title', 'data-label' ].map( ( name ) => part.getAttribute( name ) || '' ) );
		}
		// Texts within texts: the innermost go first.
		const stripped = ( text ) => {
			const less = text.replace( /\[[^[\]]*\]/g, '' );
			return less === text ? text.trim() : stripped( less );
		};
		return [ ...new Set( texts.map( stripped ) ) ].filter( ( text ) => ! data.test( text ) );
	} );

	test( 'in another language no text stays English', async () => {
		await broken_booking();
		await page.context().addCookies( [ { name: 'kct_words', value: '1', url: site } ] );
		await page.goto( screen );
		for ( const tab of TABS ) {
			await page.getByRole( 'tab', { name: `[${ tab }]` } ).click();
			await page.locator( '.kct-panel h2' ).first().waitFor();
			await page.getByText( 'Loading…' ).first().waitFor( { state: 'detached' } );
			assert.deepEqual( await untranslated( page ), [], tab );
		}
		await shoot( page, 'translated' );
		await page.context().clearCookies( { name: 'kct_words' } );
	} );

	test( 'a clinic\'s administrator sees doctors and meetings of the clinic and cannot act', async () => {
		const other = await person( 'clinicadmin' );
		await other.goto( site + '/wp-admin/index.php?page=kivicare-telemed' );
		await other.getByRole( 'tab', { name: 'Doctors' } ).waitFor();
		// Of KiviCare's dashboard, where the login leads.
		other.problems.length = 0;
		assert.deepEqual( await other.getByRole( 'tab' ).allTextContents(), [ 'Doctors', 'Meetings' ] );
		await other.getByRole( 'row' ).filter( { hasText: 'Doctor2 Example' } ).waitFor();
		assert.equal( await other.getByRole( 'button', { name: /Actions for/ } ).count(), 0 );
		await open_tab( other, 'Meetings' );
		assert.equal( await other.getByRole( 'button', { name: /Repair/ } ).count(), 0 );
		await shoot( other, 'clinic-admin' );
		assert.deepEqual( other.problems, [] );
		assert.ok( ( await other.goto( screen ) ).status() >= 400 );
		assert.equal( await other.locator( '#kivicare-telemed-app' ).count(), 0 );
	} );

	test( 'doctors do not get in', async () => {
		const doctor = await person( 'doctor' );
		assert.equal( ( await doctor.goto( screen ) ).status(), 403 );
		assert.equal( ( await doctor.goto( site + '/wp-admin/index.php?page=kivicare-telemed' ) ).status(), 403 );
	} );
} );
