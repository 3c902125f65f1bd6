<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Privacy;

use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Quietly;

/**
 * The SQL of a person's records in our tables: the visits of a patient or doctor, and what an account did.
 */
final class PersonalRows {

	/**
	 * Meetings of the person's visits.
	 *
	 * @return list<array<string, string|null>> provider, appointment_id, meeting_id, extra.
	 */
	public function meetings( int $user_id, int $limit, int $offset ): array {
		global $wpdb;
		$prefix = $wpdb->prefix;
		$theirs = "JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id WHERE a.patient_id = %d OR a.doctor_id = %d";
		return $this->rows(
			"SELECT 'zoom' AS provider, m.appointment_id, m.zoom_id AS meeting_id, m.extra FROM {$prefix}" . Schema::ZOOM_MAPPINGS . " m {$theirs}
			UNION ALL SELECT 'googlemeet', m.appointment_id, m.event_id, m.extra FROM {$prefix}" . Schema::MEET_MAPPINGS . " m {$theirs}
			ORDER BY appointment_id, provider LIMIT %d OFFSET %d",
			$user_id,
			$user_id,
			$user_id,
			$user_id,
			$limit,
			$offset
		);
	}

	/**
	 * Operations for the person's visits.
	 *
	 * @return list<array<string, string|null>>
	 */
	public function operations( int $user_id, int $limit, int $offset ): array {
		global $wpdb;
		$prefix = $wpdb->prefix;
		return $this->rows(
			"SELECT o.id, o.appointment_id, o.provider, o.kind, o.state, o.message, o.created_at FROM {$prefix}" . Schema::OPERATIONS . " o
			LEFT JOIN {$prefix}kc_appointments a ON a.id = o.appointment_id WHERE o.doctor_id = %d OR a.patient_id = %d OR a.doctor_id = %d ORDER BY o.id LIMIT %d OFFSET %d",
			$user_id,
			$user_id,
			$user_id,
			$limit,
			$offset
		);
	}

	/**
	 * What the person did, and what was done about the person's visits and connections.
	 *
	 * @return list<array<string, string|null>>
	 */
	public function audit( int $user_id, int $limit, int $offset ): array {
		global $wpdb;
		$prefix = $wpdb->prefix;
		return $this->rows(
			"SELECT e.id, e.at, e.actor_id, e.source, e.action, e.appointment_id, e.provider, e.detail FROM {$prefix}" . Schema::AUDIT . " e
			LEFT JOIN {$prefix}kc_appointments a ON a.id = e.appointment_id WHERE e.actor_id = %d OR e.doctor_id = %d OR a.patient_id = %d ORDER BY e.id LIMIT %d OFFSET %d",
			$user_id,
			$user_id,
			$user_id,
			$limit,
			$offset
		);
	}

	/**
	 * Takes attendance and answer to the invitation out of the meetings of a person's visits, and the patient's id where
	 * the visit is over: before that it tells whether the meeting is still this patient's. One statement a row, for the
	 * extension writes there too.
	 *
	 * @return int How many rows were changed.
	 */
	public function clear_meetings( int $user_id ): int {
		global $wpdb;
		$prefix  = $wpdb->prefix;
		$changed = 0;
		foreach ( array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS ) as $table ) {
			$theirs   = "m.appointment_id IN (SELECT a.id FROM {$prefix}kc_appointments a WHERE a.patient_id = %d OR a.doctor_id = %d) AND m.extra LIKE %s";
			$changed += $this->write( "UPDATE {$prefix}{$table} m SET m.extra = JSON_REMOVE(m.extra, '$.participants') WHERE {$theirs}", $user_id, $user_id, '{%"participants"%' );
			$changed += $this->write( "UPDATE {$prefix}{$table} m SET m.extra = JSON_REMOVE(m.extra, '$.answer') WHERE {$theirs}", $user_id, $user_id, '{%"answer"%' );
			$changed += $this->write( "UPDATE {$prefix}{$table} m SET m.extra = JSON_REMOVE(m.extra, '$.patient_id') WHERE {$theirs} AND m.ends_at < %s", $user_id, $user_id, '{%"patient_id"%', gmdate( 'Y-m-d H:i:s' ) );
		}
		return $changed;
	}

	/**
	 * Takes the person out of finished operations and the audit log; the events themselves stay.
	 *
	 * @return int How many rows were changed.
	 */
	public function anonymise( int $user_id, int $limit ): int {
		global $wpdb;
		$prefix = $wpdb->prefix;
		return $this->write( "UPDATE {$prefix}" . Schema::AUDIT . ' SET actor_id = 0 WHERE actor_id = %d LIMIT %d', $user_id, $limit )
			+ $this->write( "UPDATE {$prefix}" . Schema::AUDIT . ' SET doctor_id = 0 WHERE doctor_id = %d LIMIT %d', $user_id, $limit )
			+ $this->write( "UPDATE {$prefix}" . Schema::OPERATIONS . " SET doctor_id = 0, message = '' WHERE doctor_id = %d AND state IN ('done', 'failed') LIMIT %d", $user_id, $limit );
	}

	/**
	 * Forgets how the person's connections were.
	 */
	public function drop_connections( int $user_id ): int {
		global $wpdb;
		return $this->write( "DELETE FROM {$wpdb->prefix}" . Schema::CONNECTIONS . ' WHERE doctor_id = %d', $user_id )
			+ $this->write( "DELETE FROM {$wpdb->prefix}" . Schema::CALENDARS . ' WHERE doctor_id = %d', $user_id );
	}

	/**
	 * Whether operations of the person still have to be finished.
	 */
	public function has_unfinished( int $user_id ): bool {
		global $wpdb;
		return array() !== $this->rows( "SELECT id FROM {$wpdb->prefix}" . Schema::OPERATIONS . " WHERE doctor_id = %d AND state NOT IN ('done', 'failed') LIMIT 1", $user_id );
	}

	private function write( string $sql, int|string ...$values ): int {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return (int) Quietly::on( $wpdb, fn(): mixed => $wpdb->query( $wpdb->prepare( $sql, ...$values ) ) );
	}

	/**
	 * Rows of a query.
	 *
	 * @return list<array<string, string|null>>
	 */
	private function rows( string $sql, int|string ...$values ): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return array_values( (array) Quietly::on( $wpdb, fn(): mixed => $wpdb->get_results( $wpdb->prepare( $sql, ...$values ), ARRAY_A ) ) );
	}
}
