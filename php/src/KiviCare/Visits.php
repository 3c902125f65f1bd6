<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * Appointments in the form the extension takes.
 */
final class Visits {

	/**
	 * For rows without an end.
	 */
	public const DEFAULT_MINUTES = 30;

	public function __construct(
		private readonly DoctorConnections $doctors,
		private readonly EventTemplate $template
	) {}

	/**
	 * What the extension needs to know. KiviCare's own start time and zone arguments are wrong on several paths.
	 *
	 * @param Appointment  $appointment The row.
	 * @param Appointments $rows        Where the row was read.
	 * @param int          $minutes     Duration for rows without an end, 0 for the default.
	 * @return array<string, mixed>
	 */
	public function of( Appointment $appointment, Appointments $rows, int $minutes = 0 ): array {
		$host  = $this->doctors->host( $appointment->doctor_id );
		$visit = array(
			'appointment_id'    => $appointment->id,
			'start'             => $appointment->start,
			'timezone'          => $appointment->timezone,
			'fallback_timezone' => self::doctor_timezone( $appointment->doctor_id ),
			'duration_minutes'  => $appointment->duration( $minutes > 0 ? $minutes : self::DEFAULT_MINUTES ),
			// Neutral: service names can tell a diagnosis, and Zoom shows the topic in mails and lists.
			'topic'             => __( 'Video consultation', 'kivicare-telemed' ),
			'start_url'         => self::start_link( $appointment->id ),
			'patient_id'        => $appointment->patient_id,
		);
		$event = Provider::GoogleMeet->value === $host['provider'] ? $this->event( $appointment, $rows ) : array();
		return $event + $visit + $host;
	}

	/**
	 * What a calendar event says, and to whom.
	 *
	 * @return array<string, mixed>
	 */
	private function event( Appointment $appointment, Appointments $rows ): array {
		$patient = get_userdata( $appointment->patient_id );
		$facts   = $rows->facts( $appointment->id ) + array( 'patient_name' => (string) ( $patient ? $patient->display_name : '' ) );
		$starts  = $appointment->starts_at( self::doctor_timezone( $appointment->doctor_id ) );
		return $this->template->render( $facts, $starts ) + array(
			'guests'    => array_values( array_filter( array( (string) ( $patient ? $patient->user_email : '' ) ), static fn( string $address ): bool => false !== is_email( $address ) ) ),
			'organizer' => $this->doctors->google_address( $appointment->doctor_id ),
			// Dates are formatted in the language of the moment, so the facts themselves tell whether the text changes.
			'content'   => sha1( (string) wp_json_encode( $facts ) ),
		);
	}

	/**
	 * The host's link of ours: it checks who is there and fetches Zoom's at the click.
	 */
	public static function start_link( int $appointment_id ): string {
		return SiteAddress::current()->rest( "kivicare-telemed/v1/appointments/{$appointment_id}/start" );
	}

	/**
	 * The doctor's zone as KiviCare determines it.
	 */
	public static function doctor_timezone( int $doctor_id ): string {
		$zone = (string) get_user_meta( $doctor_id, 'timezone', true );
		return in_array( $zone, timezone_identifiers_list(), true ) ? $zone : wp_timezone_string();
	}
}
