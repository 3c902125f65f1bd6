<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Install\Schema;

/**
 * The only SQL on KiviCare's tables. A booking reads on $wpdb, because it is not committed yet when it asks for its
 * meeting; everything later reads on CommittedDatabase.
 */
final class Appointments {

	private const A_DAY = 86400;

	/**
	 * Seconds to wait for a transaction that may be inserting the row.
	 */
	private const LOCK_WAIT = 3;

	public function __construct( private readonly \wpdb $wpdb ) {}

	public function find( int $id ): ?Appointment {
		// All columns: appointment_timezone came with 4.1, and a missing one must not fail the query.
		$row = $this->row( "SELECT * FROM {$this->wpdb->prefix}kc_appointments WHERE id = %d", $id );
		if ( null === $row ) {
			return null;
		}
		return self::of( $row, $this->is_telemed( (int) $row['id'] ) );
	}

	/**
	 * The soonest visits ahead that have a meeting, with the time it was last known to have.
	 *
	 * @return list<array{Appointment, string}> Start in UTC, Y-m-dTH:i:sZ; empty where it is not known.
	 */
	public function with_meeting_ahead( int $limit ): array {
		$prefix = $this->wpdb->prefix;
		$sql    = "SELECT a.*, m.extra AS telemed_extra FROM {$prefix}kc_appointments a JOIN {$this->mappings()} m ON m.appointment_id = a.id
			WHERE a.status IN (1, 4) AND a.appointment_start_date >= %s ORDER BY a.appointment_start_date LIMIT %d";
		// phpcs:ignore WordPress.DB
		$rows = (array) $this->wpdb->get_results( $this->wpdb->prepare( $sql, gmdate( 'Y-m-d' ), $limit ), ARRAY_A );
		return array_map(
			static function ( array $row ): array {
				$extra = json_decode( (string) $row['telemed_extra'], true );
				return array( self::of( $row, true ), is_array( $extra ) ? (string) ( $extra['start_time'] ?? '' ) : '' );
			},
			array_values( $rows )
		);
	}

	/**
	 * An appointment from its row.
	 *
	 * @param array<string, mixed> $row All columns.
	 */
	private static function of( array $row, bool $is_telemed ): Appointment {
		$start_date = (string) $row['appointment_start_date'];
		$end_date   = (string) ( $row['appointment_end_date'] ?? '' );
		return new Appointment(
			id: (int) $row['id'],
			doctor_id: (int) $row['doctor_id'],
			patient_id: (int) $row['patient_id'],
			clinic_id: (int) $row['clinic_id'],
			status: (int) $row['status'],
			start: trim( $start_date . ' ' . $row['appointment_start_time'] ),
			end: trim( ( '' !== $end_date ? $end_date : $start_date ) . ' ' . $row['appointment_end_time'] ),
			timezone: (string) ( $row['appointment_timezone'] ?? '' ),
			is_telemed: $is_telemed
		);
	}

	/**
	 * Whether the row certainly does not exist: a booking that is not committed yet holds a lock on its row, so this
	 * waits for it, and answers false when it takes too long. Only for CommittedDatabase.
	 */
	public function is_gone( int $id ): bool {
		$this->wpdb->query( 'SET SESSION innodb_lock_wait_timeout = ' . self::LOCK_WAIT );
		$quiet = $this->wpdb->suppress_errors();
		// phpcs:ignore WordPress.DB
		$found = $this->wpdb->get_var( $this->wpdb->prepare( "SELECT id FROM {$this->wpdb->prefix}kc_appointments WHERE id = %d LOCK IN SHARE MODE", $id ) );
		$this->wpdb->suppress_errors( $quiet );
		return null === $found && '' === $this->wpdb->last_error;
	}

	/**
	 * The doctor's appointments that are not over, and those with a meeting.
	 *
	 * @return list<int>
	 */
	public function ahead_of_doctor( int $doctor_id ): array {
		$prefix = $this->wpdb->prefix;
		$since  = gmdate( 'Y-m-d', time() - self::A_DAY );
		return $this->ids(
			"SELECT id FROM {$prefix}kc_appointments WHERE doctor_id = %d AND appointment_end_date >= %s AND status IN (1, 4)
			UNION SELECT m.appointment_id FROM {$this->mappings()} m
			JOIN {$prefix}" . Schema::OPERATIONS . " o ON o.appointment_id = m.appointment_id
			LEFT JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id
			WHERE o.doctor_id = %d AND (a.id IS NULL OR a.appointment_end_date >= %s)",
			$doctor_id,
			$since,
			$doctor_id,
			$since
		);
	}

	/**
	 * Meetings of a range of appointments with their people.
	 *
	 * @return list<array<string, string>> id, doctor_id, patient_id, meeting_id, join_url.
	 */
	public function meetings_between( int $first, int $last ): array {
		$prefix = $this->wpdb->prefix;
		$sql    = "SELECT a.id, a.doctor_id, a.patient_id, m.meeting_id, m.join_url FROM {$this->mappings()} m
			JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id WHERE m.appointment_id BETWEEN %d AND %d";
		// phpcs:ignore WordPress.DB
		return (array) $this->wpdb->get_results( $this->wpdb->prepare( $sql, $first, $last ), ARRAY_A );
	}

	/**
	 * Appointments whose meeting may not be what it should be, for the sweep:
	 * meetings of appointments that are gone, cancelled, or without patient or doctor; booked video visits without a
	 * meeting; operations that are due. What waits for a person is left alone.
	 *
	 * @return list<int>
	 */
	public function out_of_line( int $limit ): array {
		$prefix = $this->wpdb->prefix;
		$zoom   = $prefix . Schema::ZOOM_MAPPINGS;
		$meet   = $prefix . Schema::MEET_MAPPINGS;
		$ops    = $prefix . Schema::OPERATIONS;
		$now    = gmdate( 'Y-m-d H:i:s' );
		$today  = gmdate( 'Y-m-d', time() - self::A_DAY );
		$parked = "SELECT appointment_id FROM {$ops} WHERE (state = 'parked' AND resume_at IS NULL) OR (state = 'failed' AND kind = 'create')";
		return $this->ids(
			"SELECT m.appointment_id FROM {$this->mappings()} m
				LEFT JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id
				LEFT JOIN {$this->wpdb->users} patient ON patient.ID = a.patient_id
				LEFT JOIN {$this->wpdb->users} doctor ON doctor.ID = a.doctor_id
				WHERE (a.id IS NULL OR ((a.status = 0 OR patient.ID IS NULL OR doctor.ID IS NULL) AND a.appointment_end_date >= %s))
				AND m.appointment_id NOT IN ({$parked})
			UNION SELECT o.appointment_id FROM {$ops} o
				WHERE (o.state IN ('pending', 'parked') AND o.resume_at <= %s) OR (o.state = 'in_flight' AND o.lease_until < %s)
			UNION SELECT a.id FROM {$prefix}kc_appointments a
				JOIN {$prefix}kc_appointment_service_mapping booked ON booked.appointment_id = a.id
				JOIN {$prefix}kc_service_doctor_mapping offer ON offer.service_id = booked.service_id
					AND offer.doctor_id = a.doctor_id AND offer.clinic_id = a.clinic_id AND offer.telemed_service = 'yes'
				LEFT JOIN {$zoom} z ON z.appointment_id = a.id
				LEFT JOIN {$meet} g ON g.appointment_id = a.id
				WHERE a.status IN (1, 4) AND a.appointment_end_date >= %s AND z.id IS NULL AND g.id IS NULL
				AND a.id NOT IN ({$parked})
			LIMIT %d",
			$today,
			$now,
			$now,
			$today,
			$limit
		);
	}

	/**
	 * What a calendar event tells about a visit.
	 *
	 * @return array{service_name: string, clinic_name: string, appointment_desc: string}
	 */
	public function facts( int $id ): array {
		$prefix = $this->wpdb->prefix;
		$row    = $this->row(
			"SELECT a.description AS appointment_desc, c.name AS clinic_name, (
				SELECT GROUP_CONCAT(DISTINCT s.name ORDER BY s.id SEPARATOR ', ') FROM {$prefix}kc_appointment_service_mapping booked
				JOIN {$prefix}kc_services s ON s.id = booked.service_id WHERE booked.appointment_id = a.id
			) AS service_name
			FROM {$prefix}kc_appointments a LEFT JOIN {$prefix}kc_clinics c ON c.id = a.clinic_id WHERE a.id = %d",
			$id
		);
		return array(
			'service_name'     => (string) ( $row['service_name'] ?? '' ),
			'clinic_name'      => (string) ( $row['clinic_name'] ?? '' ),
			'appointment_desc' => (string) ( $row['appointment_desc'] ?? '' ),
		);
	}

	/**
	 * Both providers' mappings as one derived table: appointment_id, meeting_id, join_url, extra.
	 */
	private function mappings(): string {
		$prefix = $this->wpdb->prefix;
		return "(SELECT appointment_id, zoom_id AS meeting_id, join_url, extra FROM {$prefix}" . Schema::ZOOM_MAPPINGS . "
			UNION ALL SELECT appointment_id, event_id, url, extra FROM {$prefix}" . Schema::MEET_MAPPINGS . ')';
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
	 * First column as ids.
	 *
	 * @return list<int>
	 */
	private function ids( string $sql, int|string ...$values ): array {
		// phpcs:ignore WordPress.DB
		return array_map( 'intval', $this->wpdb->get_col( $this->wpdb->prepare( $sql, ...$values ) ) );
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
