<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * What a Zoom app for this site needs: the one list for the screen, the command line and the documents.
 */
final class ZoomApp {

	public const SCOPES = array(
		'meeting:write:meeting',
		'meeting:read:meeting',
		'meeting:update:meeting',
		'meeting:delete:meeting',
		'user:read:user',
		'meeting:read:list_meetings',
	);

	/**
	 * Only where the account prescribes passcodes.
	 */
	public const SETTINGS_SCOPE = 'user:read:settings';

	public const EVENTS = array(
		'meeting.started',
		'meeting.ended',
		'meeting.updated',
		'meeting.deleted',
		'meeting.participant_joined',
		'meeting.participant_left',
		'meeting.participant_joined_waiting_room',
		'meeting.participant_left_waiting_room',
		'app_deauthorized',
	);

	/**
	 * Scopes of a server-to-server app.
	 *
	 * @return list<string>
	 */
	public static function admin_scopes(): array {
		return array_map( static fn( string $scope ): string => $scope . ':admin', array( ...self::SCOPES, self::SETTINGS_SCOPE ) );
	}
}
