<?php

declare(strict_types=1);

namespace App\controllers;

/**
 * Front-end pages that call the add-on's routes as KiviCare's dashboard does (contract §3, §4): a doctor's page for
 * each provider, and the list of appointments with their video links.
 */
final class DashboardPages {

	private const CONNECT = array(
		'zoom-configuration'        => array( 'Zoom', 'zoom-telemed' ),
		'google-meet-configuration' => array( 'Google Meet', 'googlemeet' ),
	);

	/**
	 * Action template_redirect.
	 */
	public static function show(): void {
		$path = (string) wp_parse_url( (string) ( $_SERVER['REQUEST_URI'] ?? '' ), PHP_URL_PATH );
		if ( 1 !== preg_match( '~^/kivicare-(doctor|patient)-dashboard(?:/setting/([a-z-]+))?/?$~', $path, $found ) ) {
			return;
		}
		if ( ! in_array( 'kiviCare_' . $found[1], wp_get_current_user()->roles, true ) ) {
			wp_safe_redirect( wp_login_url() );
			exit;
		}
		$page = self::CONNECT[ $found[2] ?? '' ] ?? null;
		status_header( 200 );
		header( 'Content-Type: text/html; charset=UTF-8' );
		echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>KiviCare</title></head><body><main>';
		echo null === $page
			? '<h1>Appointments</h1><ul id="appointments"></ul>'
			: '<h1>' . esc_html( $page[0] ) . '</h1><p id="status" role="status">…</p><button id="connect" hidden>Connect</button><button id="disconnect" hidden>Disconnect</button>';
		echo '</main><script>' . self::script( $page[1] ?? '' ) . '</script></body></html>'; // phpcs:ignore WordPress.Security.EscapeOutput
		exit;
	}

	/**
	 * The page's script: success values are the body, the page goes wherever authorize points.
	 */
	private static function script( string $route ): string {
		$known = wp_json_encode( array( 'root' => rest_url( 'kivicare/v1/' ), 'nonce' => wp_create_nonce( 'wp_rest' ), 'route' => $route ) );
		return "const kc = $known;" . <<<'JS'
			const get = async ( path ) => ( await fetch( kc.root + path, { headers: { 'X-WP-Nonce': kc.nonce } } ) ).json();
			const part = ( id ) => document.getElementById( id );
			async function refresh() {
				const { data } = await get( `settings/${ kc.route }/doctor-config` );
				// Contract §4: the Zoom page does this on every load without a connection.
				if ( kc.route === 'zoom-telemed' && data.connection_status === 'not_connected' ) {
					await get( `settings/${ kc.route }/disconnect` );
				}
				part( 'status' ).textContent = data.is_connected ? 'Connected' : 'Not connected';
				part( 'connect' ).hidden = data.is_connected;
				part( 'disconnect' ).hidden = ! data.is_connected;
			}
			async function list() {
				const { data } = await get( 'appointments?perPage=all' );
				for ( const row of data.appointments ) {
					const item = part( 'appointments' ).appendChild( document.createElement( 'li' ) );
					item.id = 'appointment-' + row.id;
					item.textContent = `${ row.appointmentStartDate } ${ row.appointmentStartTime } `;
					if ( row.video_url ) {
						const link = item.appendChild( document.createElement( 'a' ) );
						link.href = row.video_url;
						link.textContent = 'Join video';
					}
				}
			}
			if ( kc.route ) {
				part( 'connect' ).onclick = async () => {
					const answer = await get( `settings/${ kc.route }/authorize` );
					if ( answer.status || kc.route === 'zoom-telemed' ) {
						location.href = answer.data.redirect_url;
					} else {
						part( 'status' ).textContent = answer.message;
					}
				};
				part( 'disconnect' ).onclick = async () => {
					await get( `settings/${ kc.route }/disconnect` );
					await refresh();
				};
				refresh();
			} else {
				list();
			}
			JS;
	}
}
