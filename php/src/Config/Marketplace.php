<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Links\SiteAddress;

/**
 * What has to be entered at Zoom and Google for this site's apps.
 */
final class Marketplace {

	private const ZOOM_SCOPES = array( 'meeting:write:meeting', 'meeting:read:meeting', 'meeting:update:meeting', 'meeting:delete:meeting', 'user:read:user', 'meeting:read:list_meetings' );

	private const ZOOM_EVENTS = array( 'meeting.started', 'meeting.ended', 'meeting.updated', 'meeting.deleted', 'meeting.participant_joined', 'meeting.participant_left', 'meeting.participant_joined_waiting_room', 'meeting.participant_left_waiting_room', 'app_deauthorized' );

	/**
	 * Rows of the sheet.
	 *
	 * @return list<array{provider: string, item: string, value: string}>
	 */
	public static function rows(): array {
		$webhooks = SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/' );
		$admin    = array_map( static fn( string $scope ): string => $scope . ':admin', array( ...self::ZOOM_SCOPES, 'user:read:settings' ) );
		return array(
			array( 'provider' => 'zoom', 'item' => 'redirect_url', 'value' => Provider::Zoom->redirect_url() ),
			array( 'provider' => 'zoom', 'item' => 'oauth_allow_list', 'value' => SiteAddress::current()->home() . '/' ),
			array( 'provider' => 'zoom', 'item' => 'scopes', 'value' => implode( ' ', self::ZOOM_SCOPES ) ),
			array( 'provider' => 'zoom', 'item' => 'scopes_server_to_server', 'value' => implode( ' ', $admin ) ),
			array( 'provider' => 'zoom', 'item' => 'webhook_url', 'value' => $webhooks . 'zoom' ),
			array( 'provider' => 'zoom', 'item' => 'webhook_events', 'value' => implode( ' ', self::ZOOM_EVENTS ) ),
			// The event app_deauthorized goes to the same place.
			array( 'provider' => 'zoom', 'item' => 'deauthorization_url', 'value' => $webhooks . 'zoom' ),
			array( 'provider' => 'googlemeet', 'item' => 'redirect_url', 'value' => Provider::GoogleMeet->redirect_url() ),
			array( 'provider' => 'googlemeet', 'item' => 'scopes', 'value' => 'https://www.googleapis.com/auth/calendar' ),
			array( 'provider' => 'googlemeet', 'item' => 'push_url', 'value' => $webhooks . 'google' ),
		);
	}
}
