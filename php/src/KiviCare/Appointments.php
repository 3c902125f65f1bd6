<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * The only SQL on KiviCare's tables. On $wpdb, because a booking is not committed yet when it asks for its meeting.
 */
final class Appointments {

	public function __construct( private readonly \wpdb $wpdb ) {}

	public function find( int $id ): ?Appointment {
		// All columns: appointment_timezone came with 4.1, and a missing one must not fail the query.
		$row = $this->row( "SELECT * FROM {$this->wpdb->prefix}kc_appointments WHERE id = %d", $id );
		if ( null === $row ) {
			return null;
		}
		$start_date = (string) $row['appointment_start_date'];
		$end_date   = (string) ( $row['appointment_end_date'] ?? '' );
		return new Appointment(
			id: (int) $row['id'],
			doctor_id: (int) $row['doctor_id'],
			status: (int) $row['status'],
			start: trim( $start_date . ' ' . $row['appointment_start_time'] ),
			end: trim( ( '' !== $end_date ? $end_date : $start_date ) . ' ' . $row['appointment_end_time'] ),
			timezone: (string) ( $row['appointment_timezone'] ?? '' ),
			is_telemed: $this->is_telemed( (int) $row['id'] )
		);
	}

	/**
	 * Whether a booked service is telemed for exactly this doctor in this clinic.
	 *
	 * KiviCare's own checks on reschedule and payment leave the doctor out and hit other doctors' services.
	 */
	private function is_telemed( int $id ): bool {
		$prefix = $this->wpdb->prefix;
		return null !== $this->row(
			"SELECT booked.id FROM {$prefix}kc_appointments appointment
			JOIN {$prefix}kc_appointment_service_mapping booked ON booked.appointment_id = appointment.id
			JOIN {$prefix}kc_service_doctor_mapping offer ON offer.service_id = booked.service_id
				AND offer.doctor_id = appointment.doctor_id AND offer.clinic_id = appointment.clinic_id
			WHERE appointment.id = %d AND offer.telemed_service = 'yes' LIMIT 1",
			$id
		);
	}

	/**
	 * First row of a query with one id.
	 *
	 * @return array<string, mixed>|null
	 */
	private function row( string $sql, int $id ): ?array {
		// phpcs:ignore WordPress.DB
		$row = $this->wpdb->get_row( $this->wpdb->prepare( $sql, $id ), ARRAY_A );
		return is_array( $row ) ? $row : null;
	}
}
