<?php
declare( strict_types=1 );

namespace KCGMApp\models;

use KiviCare\Telemed\Compat\MappingModel;
use KiviCare\Telemed\Install\Schema;

/**
 * Google Meet mapping under the add-on's name.
 *
 * @property int    $appointmentId
 * @property string $eventId
 * @property string $url
 * @property string $eventUrl
 * @property string $password
 */
class KCGMAppointmentGoogleMeetMapping extends MappingModel {

	public static function provider(): string {
		return 'googlemeet';
	}

	public static function native_keys(): array {
		return array(
			'eventId'  => 'meeting_id',
			'url'      => 'join_url',
			'eventUrl' => 'start_url',
			'password' => 'password',
			'extra'    => 'extra',
		);
	}

	protected static function initSchema(): array {
		return self::schema(
			Schema::MEET_MAPPINGS,
			array(
				'eventId'  => 'event_id',
				'url'      => 'url',
				'eventUrl' => 'event_url',
			)
		);
	}
}
