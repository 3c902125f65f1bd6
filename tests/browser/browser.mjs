/**
 * People's browsers on the throw-away site. Playwright and axe come from the cache directory, where test.sh puts them.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath( new URL( '../..', import.meta.url ) );
const require = createRequire( path.join( root, '.cache/browser/' ) );
const { chromium } = require( 'playwright-core' );
const axe = readFileSync( require.resolve( 'axe-core/axe.min.js' ), 'utf8' );

const json = ( name ) => JSON.parse( readFileSync( path.join( process.env.KCT_RUN, name ), 'utf8' ) );

export const site = process.env.SITE_URL;
export const seed = json( 'seed.json' );
export const sandbox = json( 'sandbox.json' );
export const screen = site + '/wp-admin/options-general.php?page=kivicare-telemed';

const shots = path.join( root, '.cache/screenshots' );
mkdirSync( shots, { recursive: true } );

let chrome;

export async function launch() {
	chrome = await chromium.launch( {
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: [ '--no-sandbox', '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync' ],
	} );
}

export async function close() {
	await chrome?.close();
}

/**
 * A person with their own browser, logged in by the form. Errors of the page's scripts are kept for the test to look at.
 */
export async function person( login, options = {} ) {
	const context = await chrome.newContext( { ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, ...options } );
	context.setDefaultTimeout( 120000 );
	// Meetings have Zoom's and Google's real addresses; no test goes there.
	await context.route( /^https:\/\/([a-z0-9]+\.)?(zoom\.us|meet\.google\.com)\//, ( route ) => route.fulfill( { contentType: 'text/html', body: '<!doctype html><title>Meeting</title>' } ) );
	await context.route( /^https?:\/\/[a-z0-9.]+\.gravatar\.com\//, ( route ) => route.fulfill( { contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' } ) );
	const page = await context.newPage();
	page.problems = [];
	page.on( 'pageerror', ( error ) => page.problems.push( String( error ) ) );
	page.on( 'console', ( line ) => line.type() === 'error' && ! line.text().startsWith( 'Failed to load resource' ) && page.problems.push( line.text() ) );
	await page.goto( site + '/wp-login.php' );
	await page.fill( '#user_login', login );
	await page.fill( '#user_pass', seed.password );
	await Promise.all( [ page.waitForURL( ( url ) => ! url.pathname.endsWith( 'wp-login.php' ) ), page.click( '#wp-submit' ) ] );
	return page;
}

/**
 * Asks again until the check returns something true. No machine is too slow for the limit.
 */
export async function eventually( check, seconds = 120 ) {
	const until = Date.now() + seconds * 1000;
	while ( Date.now() < until ) {
		const value = check();
		if ( value ) {
			return value;
		}
		await new Promise( ( again ) => setTimeout( again, 50 ) );
	}
	throw new Error( `not within ${ seconds } s: ${ check }` );
}

/**
 * A REST call as the person's page would make it.
 */
export async function rest( page, method, route, body ) {
	const nonce = ( await ( await page.request.get( site + '/wp-admin/admin-ajax.php?action=rest-nonce' ) ).text() ).trim();
	const answer = await page.request.fetch( site + '/wp-json/' + route, { method, data: body, headers: { 'X-WP-Nonce': nonce } } );
	return { status: answer.status(), json: await answer.json() };
}

export async function open_tab( page, name ) {
	await page.getByRole( 'tab', { name, exact: true } ).click();
	await page.getByText( 'Loading…' ).first().waitFor( { state: 'detached' } );
}

export async function shoot( page, name ) {
	await page.evaluate( () => window.scrollTo( 0, 0 ) );
	await page.screenshot( { path: path.join( shots, name + '.png' ), fullPage: true, animations: 'disabled' } );
}

/**
 * What axe finds serious in our part of the page.
 */
export async function serious( page, where = '#kivicare-telemed-app' ) {
	await page.evaluate( axe );
	const found = await page.evaluate( ( selector ) => window.axe.run( selector, { resultTypes: [ 'violations' ] } ), where );
	return found.violations
		.filter( ( violation ) => [ 'serious', 'critical' ].includes( violation.impact ) )
		.map( ( violation ) => violation.id + ': ' + violation.nodes.map( ( node ) => node.html.slice( 0, 200 ) ).join( ' | ' ) );
}

/**
 * Books a visit at a half hour that nobody has booked yet, in this run or an earlier one; see SiteTestCase::slot().
 */
export async function book( patient ) {
	const file = path.join( process.env.KCT_RUN, 'slot' );
	const slot = ( existsSync( file ) ? Number( readFileSync( file, 'utf8' ) ) : 0 ) + 1;
	writeFileSync( file, String( slot ) );
	const start = new Date( Date.UTC( 2031, 2, 1 + Math.floor( slot / 16 ), 9, ( slot % 16 ) * 30 ) ).toISOString();
	const answer = await rest( patient, 'POST', 'kivicare/v1/appointments', {
		appointmentStartDate: start.slice( 0, 10 ),
		appointmentStartTime: start.slice( 11, 16 ),
		clinicId: seed.clinic_id,
		doctorId: seed.doctor_id,
		patientId: seed.patient_id,
		serviceId: [ seed.mapping_id ],
		status: 1,
		description: '',
		timezone: 'Asia/Kolkata',
	} );
	// KiviCare encrypts its answers to people whose dashboard has sent a key: a text instead of an object.
	const id = answer.status < 300 && typeof answer.json === 'string'
		? Number( php( 'echo $GLOBALS["wpdb"]->get_var( "SELECT MAX(id) FROM {$GLOBALS["wpdb"]->prefix}kc_appointments" );' ) )
		: Number( answer.json?.data?.appointment_id );
	assert.ok( id > 0, JSON.stringify( answer ) );
	return id;
}

/**
 * Mails that the site has sent so far.
 */
export function mails() {
	const file = path.join( process.env.KCT_RUN, 'mail.jsonl' );
	return existsSync( file ) ? readFileSync( file, 'utf8' ).trim().split( '\n' ).filter( Boolean ).map( ( line ) => JSON.parse( line ) ) : [];
}

/**
 * Runs PHP within the site, as its cron would.
 */
export function php( code ) {
	const start = '$_SERVER += array( "HTTP_HOST" => "127.0.0.1", "REQUEST_METHOD" => "GET", "REQUEST_URI" => "/", "SERVER_PROTOCOL" => "HTTP/1.1" ); require getenv( "WORDPRESS_PATH" ) . "/wp-load.php";';
	const extension = process.env.TELEMED_EXTENSION_FILE || path.join( root, 'target/debug/libkivicare_telemed.so' );
	return execFileSync( 'php', [ '-d', 'extension=' + extension, '-r', start + code ], { encoding: 'utf8' } );
}

/**
 * Calls the sandbox's admin port.
 */
export async function at_sandbox( method, route, body ) {
	const answer = await fetch( sandbox.admin_url + route, { method, body: body && JSON.stringify( body ), headers: { 'Content-Type': 'application/json' } } );
	if ( ! answer.ok ) {
		throw new Error( route + ': ' + ( await answer.text() ) );
	}
	return answer.json();
}

/**
 * Back to the seeded connections, as all other layers leave them.
 */
export function reset() {
	php( 'require ' + JSON.stringify( path.join( root, 'tests/site/connect.php' ) ) + ';' );
}
