<?php
declare( strict_types=1 );

namespace KCTApp\models;

use KiviCare\Telemed\Compat\MappingModel;
use KiviCare\Telemed\Install\Schema;

/**
 * Zoom mapping under the add-on's name.
 *
 * @property int    $appointmentId
 * @property string $zoomId
 * @property string $zoomUuid
 * @property string $startUrl Our own start link, never Zoom's.
 * @property string $joinUrl
 * @property string $password
 */
class KCTAppointmentZoomMapping extends MappingModel {

	public static function provider(): string {
		return 'zoom';
	}

	public static function native_keys(): array {
		return array(
			'zoomId'   => 'meeting_id',
			'zoomUuid' => 'uuid',
			'startUrl' => 'start_url',
			'joinUrl'  => 'join_url',
			'password' => 'password',
			'extra'    => 'extra',
		);
	}

	protected static function initSchema(): array {
		return self::schema(
			Schema::ZOOM_MAPPINGS,
			array(
				'zoomId'   => 'zoom_id',
				'zoomUuid' => 'zoom_uuid',
				'startUrl' => 'start_url',
				'joinUrl'  => 'join_url',
			)
		);
	}
}
