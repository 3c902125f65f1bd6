<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Config\DoctorConnections;

/**
 * Appointments in the form the extension takes.
 */
final class Visits {

	private const DEFAULT_MINUTES = 30;

	public function __construct( private readonly DoctorConnections $doctors ) {}

	/**
	 * What the extension needs to know. KiviCare's own start time and zone arguments are wrong on several paths.
	 *
	 * @param Appointment $appointment The row.
	 * @param int         $minutes     Duration for rows without an end, 0 for the default.
	 * @return array<string, mixed>
	 */
	public function of( Appointment $appointment, int $minutes = 0 ): array {
		return array(
			'appointment_id'    => $appointment->id,
			'start'             => $appointment->start,
			'timezone'          => $appointment->timezone,
			'fallback_timezone' => self::doctor_timezone( $appointment->doctor_id ),
			'duration_minutes'  => $appointment->duration( $minutes > 0 ? $minutes : self::DEFAULT_MINUTES ),
			// Neutral: service names can tell a diagnosis, and Zoom shows the topic in mails and lists.
			'topic'             => __( 'Video consultation', 'kivicare-telemed' ),
			'start_url'         => self::start_link( $appointment->id ),
		) + $this->doctors->host( $appointment->doctor_id );
	}

	/**
	 * The host's link of ours: it checks who is there and fetches Zoom's at the click.
	 */
	public static function start_link( int $appointment_id ): string {
		return rest_url( "kivicare-telemed/v1/appointments/{$appointment_id}/start" );
	}

	/**
	 * The doctor's zone as KiviCare determines it.
	 */
	public static function doctor_timezone( int $doctor_id ): string {
		$zone = (string) get_user_meta( $doctor_id, 'timezone', true );
		return in_array( $zone, timezone_identifiers_list(), true ) ? $zone : wp_timezone_string();
	}
}
