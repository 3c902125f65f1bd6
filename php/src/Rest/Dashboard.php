<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * Addresses of KiviCare's dashboard pages.
 */
final class Dashboard {

	/**
	 * The doctor's Zoom page. KiviCare's own function needs the prefixed role; with plain permalinks the page is in the
	 * fragment.
	 */
	public static function doctor_zoom(): string {
		if ( ! function_exists( 'kc_get_dashboard_url' ) ) {
			return home_url( '/' );
		}
		$base = (string) kc_get_dashboard_url( Gate::DOCTOR );
		return '' === (string) get_option( 'permalink_structure' )
			? strtok( $base, '#' ) . '#/setting/zoom-configuration'
			: untrailingslashit( $base ) . '/setting/zoom-configuration';
	}
}
