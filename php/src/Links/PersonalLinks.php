<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\KiviCare\Appointment;
use KiviCare\Telemed\KiviCare\Visits;

/**
 * Patients' links of ours: signed for one appointment and one patient, good only around the visit and while it takes
 * place. They outlive a meeting that had to be made anew, which Zoom's own links do not. Where the clinic does not want
 * them, a link that is late takes their form until the meeting is there.
 */
final class PersonalLinks {

	private const SECONDS_BEFORE = 86400;

	public function __construct( private readonly Settings $settings ) {}

	public function are_on(): bool {
		return $this->settings->uses_personal_links();
	}

	/**
	 * The patient's link.
	 *
	 * @param int $appointment_id Appointment.
	 * @param int $patient_id     Its patient.
	 */
	public function link( int $appointment_id, int $patient_id ): string {
		return add_query_arg(
			'key',
			$this->signature( $appointment_id, $patient_id ),
			SiteAddress::current()->rest( "kivicare-telemed/v1/appointments/{$appointment_id}/join" )
		);
	}

	/**
	 * Whether the link was made by us for this appointment as it is now.
	 */
	public function is_genuine( Appointment $appointment, string $signature ): bool {
		return hash_equals( $this->signature( $appointment->id, $appointment->patient_id ), $signature );
	}

	/**
	 * Whether the visit's time is over.
	 */
	public function is_over( Appointment $appointment ): bool {
		return time() > $appointment->ends_at( Visits::doctor_timezone( $appointment->doctor_id ) )->getTimestamp();
	}

	/**
	 * Whether now is between 24 hours before the visit and its end.
	 */
	public function is_open( Appointment $appointment ): bool {
		$starts = $appointment->starts_at( Visits::doctor_timezone( $appointment->doctor_id ) )->getTimestamp();
		return time() >= $starts - self::SECONDS_BEFORE && ! $this->is_over( $appointment );
	}

	private function signature( int $appointment_id, int $patient_id ): string {
		return hash_hmac( 'sha256', "join|{$appointment_id}|{$patient_id}", wp_salt( 'auth' ) );
	}
}
