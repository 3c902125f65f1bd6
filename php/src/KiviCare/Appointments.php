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
	 * An appointment from its row.
	 *
	 * @param array<string, mixed> $row All columns.
	 */
	public static function of( array $row, bool $is_telemed ): Appointment {
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
	 * Whether the row certainly does not exist: a booking that is not committed yet shows in a dirty read. That waits for
	 * nobody, while a lock could be held by the transaction that this very request has left open. Only for rows that were
	 * there once, and only outside of transactions.
	 */
	public function is_gone( int $id ): bool {
		$quiet = $this->wpdb->suppress_errors();
		// phpcs:disable WordPress.DB
		$dirty = $this->wpdb->query( 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED' );
		$found = false === $dirty ? '' : $this->wpdb->get_var( $this->wpdb->prepare( "SELECT EXISTS(SELECT 1 FROM {$this->wpdb->prefix}kc_appointments WHERE id = %d)", $id ) );
		// phpcs:enable
		$this->wpdb->suppress_errors( $quiet );
		// A connection that is gone answers nothing, and leaves no error behind.
		return '0' === $found;
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
	 * Meetings of a range of appointments with their people, and appointments whose meeting is on its way.
	 *
	 * @return list<array<string, string|null>> id, doctor_id, patient_id, meeting_id, join_url, provider, waiting (1 for those).
	 */
	public function meetings_between( int $first, int $last ): array {
		$prefix = $this->wpdb->prefix;
		$sql    = "SELECT a.id, a.doctor_id, a.patient_id, COALESCE(m.meeting_id, '') AS meeting_id, COALESCE(m.join_url, '') AS join_url,
				COALESCE(m.provider, '') AS provider, {$this->is_awaited( 'a.id' )} AS waiting
			FROM {$prefix}kc_appointments a LEFT JOIN {$this->mappings()} m ON m.appointment_id = a.id
			WHERE a.id BETWEEN %d AND %d AND (m.meeting_id IS NOT NULL OR {$this->is_awaited( 'a.id' )})";
		// phpcs:ignore WordPress.DB
		return (array) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_results( $this->wpdb->prepare( $sql, $first, $last ), ARRAY_A ) );
	}

	/**
	 * Condition, or column: the appointment's meeting is on its way.
	 */
	public function is_awaited( string $id ): string {
		return "EXISTS (SELECT 1 FROM {$this->wpdb->prefix}" . Schema::OPERATIONS . " awaited WHERE awaited.appointment_id = {$id} AND awaited.kind = 'create' AND awaited.state IN ('in_flight', 'pending', 'parked'))";
	}

	/**
	 * Meetings whose visit is not over, with all columns of their appointments: mapped_id, provider, extra; id is null
	 * where there is no appointment, patient and doctor where there is no such user. What waits for a person is left out.
	 *
	 * @param int $after Only appointments above this id.
	 * @return list<array<string, mixed>>
	 */
	public function meetings_ahead( int $after, int $limit ): array {
		$prefix = $this->wpdb->prefix;
		$since  = gmdate( 'Y-m-d H:i:s', time() - self::A_DAY );
		$part   = static fn( string $table, string $provider ): string => "(SELECT appointment_id, '{$provider}' AS provider, extra FROM {$prefix}{$table} WHERE (ends_at >= %s OR ends_at IS NULL) AND appointment_id > %d ORDER BY appointment_id LIMIT %d)";
		$sql    = 'SELECT a.*, m.appointment_id AS mapped_id, m.provider, m.extra, patient.ID AS patient, doctor.ID AS doctor FROM ('
			. $part( Schema::ZOOM_MAPPINGS, 'zoom' ) . ' UNION ALL ' . $part( Schema::MEET_MAPPINGS, 'googlemeet' ) . ") m
			LEFT JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id
			LEFT JOIN {$this->wpdb->users} patient ON patient.ID = a.patient_id
			LEFT JOIN {$this->wpdb->users} doctor ON doctor.ID = a.doctor_id
			WHERE {$this->waits_for_nobody( 'm.appointment_id' )}
			ORDER BY m.appointment_id LIMIT %d";
		// phpcs:ignore WordPress.DB
		return (array) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_results( $this->wpdb->prepare( $sql, $since, $after, $limit, $since, $after, $limit, $limit ), ARRAY_A ) );
	}

	/**
	 * Booked video visits ahead without a meeting, in a range of ids; what waits for a person or for its time is left out.
	 *
	 * @param int $after Above this id.
	 * @param int $until Up to this one.
	 * @return list<int>
	 */
	public function without_meeting( int $after, int $until ): array {
		$prefix = $this->wpdb->prefix;
		return $this->ids(
			"SELECT DISTINCT a.id FROM {$prefix}kc_appointments a
			JOIN {$prefix}kc_appointment_service_mapping booked ON booked.appointment_id = a.id
			JOIN {$prefix}kc_service_doctor_mapping offer ON offer.service_id = booked.service_id
				AND offer.doctor_id = a.doctor_id AND offer.clinic_id = a.clinic_id AND offer.telemed_service = 'yes'
			LEFT JOIN {$prefix}" . Schema::ZOOM_MAPPINGS . " z ON z.appointment_id = a.id
			LEFT JOIN {$prefix}" . Schema::MEET_MAPPINGS . " g ON g.appointment_id = a.id
			LEFT JOIN {$prefix}" . Schema::OPERATIONS . " o ON o.appointment_id = a.id AND o.state IN ('in_flight', 'pending', 'parked')
			WHERE a.id > %d AND a.id <= %d AND a.status IN (1, 4) AND a.appointment_end_date >= %s
			AND z.id IS NULL AND g.id IS NULL AND o.id IS NULL AND {$this->waits_for_nobody( 'a.id' )}",
			$after,
			$until,
			gmdate( 'Y-m-d', time() - self::A_DAY )
		);
	}

	/**
	 * The newest appointment's id.
	 */
	public function newest(): int {
		// phpcs:ignore WordPress.DB
		return (int) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_var( "SELECT MAX(id) FROM {$this->wpdb->prefix}kc_appointments" ) );
	}

	/**
	 * Appointments whose operations wait for a person.
	 *
	 * @return list<int>
	 */
	public function parked(): array {
		return $this->ids( "SELECT DISTINCT appointment_id FROM {$this->wpdb->prefix}" . Schema::OPERATIONS . ' WHERE state = %s AND resume_at IS NULL', 'parked' );
	}

	/**
	 * Links that nobody has been told of.
	 *
	 * @param int $now Unix seconds.
	 * @return list<array<string, string|null>> appointment_id, provider.
	 */
	public function owed_links( int $now, int $limit ): array {
		$prefix = $this->wpdb->prefix;
		$since  = gmdate( 'Y-m-d H:i:s', $now );
		$part   = static fn( string $table, string $provider ): string => "SELECT appointment_id, '{$provider}' AS provider FROM {$prefix}{$table} WHERE ends_at >= %s AND link_owed > 0 AND link_owed < %d";
		$sql    = $part( Schema::ZOOM_MAPPINGS, 'zoom' ) . ' UNION ALL ' . $part( Schema::MEET_MAPPINGS, 'googlemeet' ) . ' LIMIT %d';
		// phpcs:ignore WordPress.DB
		return (array) $this->wpdb->get_results( $this->wpdb->prepare( $sql, $since, $now, $since, $now, $limit ), ARRAY_A );
	}

	/**
	 * Reasons for which operations have been tried again since before this time, with the newest text of each.
	 *
	 * @param int $since Unix seconds.
	 * @return list<array<string, string|null>> reason, message.
	 */
	public function long_waits( int $since ): array {
		$table = $this->wpdb->prefix . Schema::OPERATIONS;
		// phpcs:ignore WordPress.DB
		return (array) $this->wpdb->get_results( $this->wpdb->prepare( "SELECT reason, MAX(message) AS message FROM {$table} WHERE state = 'pending' AND created_at < %s GROUP BY reason", gmdate( 'Y-m-d H:i:s', $since ) ), ARRAY_A );
	}

	/**
	 * Condition: no operation of the appointment waits for a person, and its create was not given up.
	 */
	private function waits_for_nobody( string $id ): string {
		return "NOT EXISTS (SELECT 1 FROM {$this->wpdb->prefix}" . Schema::OPERATIONS . " parked WHERE parked.appointment_id = {$id}
			AND ((parked.state = 'parked' AND parked.resume_at IS NULL) OR (parked.state = 'failed' AND parked.kind = 'create')))";
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
	 * Both providers' mappings as one derived table: appointment_id, provider, meeting_id, join_url, extra.
	 */
	private function mappings(): string {
		$prefix = $this->wpdb->prefix;
		return "(SELECT appointment_id, 'zoom' AS provider, zoom_id AS meeting_id, join_url, extra FROM {$prefix}" . Schema::ZOOM_MAPPINGS . "
			UNION ALL SELECT appointment_id, 'googlemeet', event_id, url, extra FROM {$prefix}" . Schema::MEET_MAPPINGS . ')';
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
		return array_values( array_map( 'intval', Quietly::on( $this->wpdb, fn(): array => $this->wpdb->get_col( $this->wpdb->prepare( $sql, ...$values ) ) ) ) );
	}

	/**
	 * First row of a query with one id.
	 *
	 * @return array<string, mixed>|null
	 */
	private function row( string $sql, int $id ): ?array {
		// phpcs:ignore WordPress.DB
		$row = Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_row( $this->wpdb->prepare( $sql, $id ), ARRAY_A ) );
		return is_array( $row ) ? $row : null;
	}
}
