<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Links\SiteAddress;

/**
 * What has to be entered at Zoom and Google for this site's apps.
 */
final class Marketplace {

	/**
	 * Rows of the sheet.
	 *
	 * @return list<array{provider: string, item: string, value: string}>
	 */
	public static function rows(): array {
		$webhooks = SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/' );
		return array(
			array( 'provider' => 'zoom', 'item' => 'redirect_url', 'value' => Provider::Zoom->redirect_url() ),
			array( 'provider' => 'zoom', 'item' => 'oauth_allow_list', 'value' => SiteAddress::current()->registered() . '/' ),
			array( 'provider' => 'zoom', 'item' => 'scopes', 'value' => implode( ' ', ZoomApp::SCOPES ) ),
			array( 'provider' => 'zoom', 'item' => 'scopes_server_to_server', 'value' => implode( ' ', ZoomApp::admin_scopes() ) ),
			array( 'provider' => 'zoom', 'item' => 'webhook_url', 'value' => $webhooks . 'zoom' ),
			array( 'provider' => 'zoom', 'item' => 'webhook_events', 'value' => implode( ' ', ZoomApp::EVENTS ) ),
			// The event app_deauthorized goes to the same place.
			array( 'provider' => 'zoom', 'item' => 'deauthorization_url', 'value' => $webhooks . 'zoom' ),
			array( 'provider' => 'googlemeet', 'item' => 'redirect_url', 'value' => Provider::GoogleMeet->redirect_url() ),
			array( 'provider' => 'googlemeet', 'item' => 'scopes', 'value' => 'https://www.googleapis.com/auth/calendar' ),
			array( 'provider' => 'googlemeet', 'item' => 'push_url', 'value' => $webhooks . 'google' ),
		);
	}
}
