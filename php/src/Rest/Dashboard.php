<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * Addresses of KiviCare's dashboard pages.
 */
final class Dashboard {

	/**
	 * The doctor's page of a provider. KiviCare's own function needs the prefixed role; with plain permalinks the page
	 * is in the fragment.
	 *
	 * @param array<string, string> $query Goes before the fragment: that is where KiviCare's page looks.
	 */
	public static function doctor( Provider $provider, array $query = array() ): string {
		if ( ! function_exists( 'kc_get_dashboard_url' ) ) {
			return add_query_arg( $query, SiteAddress::current()->home() . '/' );
		}
		$base = (string) kc_get_dashboard_url( Gate::DOCTOR );
		return '' === (string) get_option( 'permalink_structure' )
			? add_query_arg( $query, (string) strtok( $base, '#' ) ) . '#/' . $provider->doctor_page()
			: add_query_arg( $query, untrailingslashit( $base ) . '/' . $provider->doctor_page() );
	}

	/**
	 * The same after a consent. Only the Google Meet page has an ear for it.
	 */
	public static function connected( Provider $provider ): string {
		return self::doctor( $provider, Provider::GoogleMeet === $provider ? array( 'google_meet_connected' => '1' ) : array() );
	}
}
