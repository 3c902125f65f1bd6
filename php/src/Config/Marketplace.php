<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

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
		$webhooks = rest_url( 'kivicare-telemed/v1/webhooks/' );
		$admin    = array_map( static fn( string $scope ): string => $scope . ':admin', array( ...self::ZOOM_SCOPES, 'user:read:settings' ) );
		$rows     = array(
			array( 'zoom', 'redirect_url', Provider::Zoom->redirect_url() ),
			array( 'zoom', 'oauth_allow_list', home_url( '/' ) ),
			array( 'zoom', 'scopes', implode( ' ', self::ZOOM_SCOPES ) ),
			array( 'zoom', 'scopes_server_to_server', implode( ' ', $admin ) ),
			array( 'zoom', 'webhook_url', $webhooks . 'zoom' ),
			array( 'zoom', 'webhook_events', implode( ' ', self::ZOOM_EVENTS ) ),
			// The event app_deauthorized goes to the same place.
			array( 'zoom', 'deauthorization_url', $webhooks . 'zoom' ),
			array( 'googlemeet', 'redirect_url', Provider::GoogleMeet->redirect_url() ),
			array( 'googlemeet', 'scopes', 'https://www.googleapis.com/auth/calendar' ),
			array( 'googlemeet', 'push_url', $webhooks . 'google' ),
		);
		return array_map( static fn( array $row ): array => array_combine( array( 'provider', 'item', 'value' ), $row ), $rows );
	}
}
