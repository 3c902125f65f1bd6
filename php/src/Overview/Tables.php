<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Quietly;

/**
 * The only SQL of the overviews. A page costs one query and one count, whatever is on it. No column with a token, a
 * passcode or a patient's data is read.
 */
final class Tables {

	private const DOCTOR_ROLE = '%"kiviCare\_doctor"%';

	/**
	 * States of operations that somebody still has to finish.
	 */
	private const UNFINISHED = array( 'in_flight', 'pending', 'parked' );

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Users with KiviCare's doctor role and their connections.
	 *
	 * @return array{list<array<string, string|null>>, int} Rows and their number on all pages.
	 */
	public function doctors( Query $query ): array {
		$prefix = $this->wpdb->prefix;
		$where  = new Where( 'EXISTS (SELECT 1 FROM ' . $this->wpdb->usermeta . ' r WHERE r.user_id = u.ID AND r.meta_key = %s AND r.meta_value LIKE %s)', $prefix . 'capabilities', self::DOCTOR_ROLE );
		if ( '' !== $query->search ) {
			$like = '%' . $this->wpdb->esc_like( $query->search ) . '%';
			$where->and( '(u.display_name LIKE %s OR u.user_email LIKE %s)', $like, $like );
		}
		$query->doctor_id > 0 && $where->and( 'u.ID = %d', $query->doctor_id );
		$query->clinic_admin > 0 && $where->and( "u.ID IN (SELECT dc.doctor_id FROM {$prefix}kc_doctor_clinic_mappings dc JOIN {$prefix}kc_clinics c ON c.id = dc.clinic_id WHERE c.clinic_admin_id = %d)", $query->clinic_admin );
		if ( '' !== $query->state ) {
			$states = array( self::connection_state( 'z' ), self::connection_state( 'g' ) );
			$states = match ( $query->provider ) {
				'zoom'       => array( $states[0] ),
				'googlemeet' => array( $states[1] ),
				default      => $states,
			};
			$where->and( '%s IN (' . implode( ', ', $states ) . ')', $query->state );
		}
		$columns = 'u.ID AS id, u.display_name AS name, u.user_email AS email';
		foreach ( array( 'z' => 'zoom', 'g' => 'googlemeet' ) as $alias => $name ) {
			$columns .= ', ' . self::connection_state( $alias ) . " AS {$name}_state, {$alias}.reason AS {$name}_reason, {$alias}.message AS {$name}_message, {$alias}.refreshed_at AS {$name}_refreshed_at";
		}
		$from = "{$this->wpdb->users} u " . $this->connection( 'z', Provider::Zoom ) . ' ' . $this->connection( 'g', Provider::GoogleMeet );
		return $this->page( $columns, $from, $where, 'u.display_name, u.ID', $query );
	}

	/**
	 * Meetings, and visits that still wait for theirs. State is ready, or that of the last operation that is not done.
	 *
	 * @return array{list<array<string, string|null>>, int} Rows and their number on all pages.
	 */
	public function meetings( Query $query ): array {
		$prefix     = $this->wpdb->prefix;
		$operations = $prefix . Schema::OPERATIONS;
		$state      = "COALESCE(NULLIF(o.state, 'done'), 'ready')";
		$where      = new Where( '1 = 1' );
		$query->doctor_id > 0 && $where->and( 'COALESCE(a.doctor_id, o.doctor_id) = %d', $query->doctor_id );
		$query->appointment_id > 0 && $where->and( 'm.appointment_id = %d', $query->appointment_id );
		'' !== $query->state && $where->and( "{$state} = %s", $query->state );
		$this->restrict_clinic( $where, $query );
		return $this->page(
			"m.appointment_id, m.provider, m.meeting_id, m.extra, m.ends_at, m.updated_at, a.doctor_id AS visit_doctor_id, o.doctor_id AS operation_doctor_id,
			COALESCE(doctor.display_name, '') AS doctor, a.clinic_id, a.status, a.appointment_start_date, a.appointment_start_time, a.appointment_end_date, a.appointment_end_time, a.appointment_timezone,
			{$state} AS state, o.id AS operation_id, o.kind, o.reason, o.message, o.attempts, o.resume_at",
			"{$this->mappings( $query )} m LEFT JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id
			LEFT JOIN {$operations} o ON o.id = (SELECT MAX(l.id) FROM {$operations} l WHERE l.appointment_id = m.appointment_id AND l.provider = m.provider)
			LEFT JOIN {$this->wpdb->users} doctor ON doctor.ID = COALESCE(a.doctor_id, o.doctor_id)",
			$where,
			'm.ends_at DESC, m.appointment_id DESC',
			$query
		);
	}

	/**
	 * The journal, newest first.
	 *
	 * @return array{list<array<string, string|null>>, int} Rows and their number on all pages.
	 */
	public function operations( Query $query ): array {
		$prefix = $this->wpdb->prefix;
		$where  = new Where( '1 = 1' );
		if ( 'unfinished' === $query->state ) {
			$where->and( 'o.state IN (%s, %s, %s)', ...self::UNFINISHED );
		} elseif ( '' !== $query->state ) {
			$where->and( 'o.state = %s', $query->state );
		}
		'' !== $query->provider && $where->and( 'o.provider = %s', $query->provider );
		$query->doctor_id > 0 && $where->and( 'o.doctor_id = %d', $query->doctor_id );
		$query->appointment_id > 0 && $where->and( 'o.appointment_id = %d', $query->appointment_id );
		$this->restrict_clinic( $where, $query );
		return $this->page(
			"o.id, o.appointment_id, o.doctor_id, COALESCE(doctor.display_name, '') AS doctor, o.provider, o.kind, o.state, o.meeting_id, o.attempts, o.reason, o.message, o.latency_ms, o.lease_until, o.resume_at, o.created_at, o.updated_at, a.clinic_id",
			"{$prefix}" . Schema::OPERATIONS . " o LEFT JOIN {$prefix}kc_appointments a ON a.id = o.appointment_id LEFT JOIN {$this->wpdb->users} doctor ON doctor.ID = o.doctor_id",
			$where,
			'o.id DESC',
			$query
		);
	}

	/**
	 * Operations by their ids.
	 *
	 * @param list<int> $ids Row ids.
	 * @return array<int, array<string, string|null>> By id.
	 */
	public function operations_by_id( array $ids ): array {
		if ( array() === $ids ) {
			return array();
		}
		$marks = implode( ', ', array_fill( 0, count( $ids ), '%d' ) );
		// phpcs:ignore WordPress.DB
		$rows = (array) $this->wpdb->get_results( $this->wpdb->prepare( "SELECT id, appointment_id, doctor_id, provider, kind, state, attempts, reason, message FROM {$this->wpdb->prefix}" . Schema::OPERATIONS . " WHERE id IN ({$marks})", ...$ids ), ARRAY_A );
		return array_column( $rows, null, 'id' );
	}

	/**
	 * How many operations there are in each state.
	 *
	 * @return array<string, int>
	 */
	public function operation_counts(): array {
		// phpcs:ignore WordPress.DB
		$rows = (array) $this->wpdb->get_results( "SELECT state, COUNT(*) AS n FROM {$this->wpdb->prefix}" . Schema::OPERATIONS . ' GROUP BY state', ARRAY_A );
		return array_map( 'intval', array_column( $rows, 'n', 'state' ) );
	}

	/**
	 * Clinic admins see what belongs to their clinics; without the appointment nothing says where a row belongs.
	 */
	private function restrict_clinic( Where $where, Query $query ): void {
		$query->clinic_admin > 0 && $where->and( "a.clinic_id IN (SELECT c.id FROM {$this->wpdb->prefix}kc_clinics c WHERE c.clinic_admin_id = %d)", $query->clinic_admin );
	}

	/**
	 * Both providers' mappings, and creates without one, as a derived table.
	 */
	private function mappings( Query $query ): string {
		$prefix = $this->wpdb->prefix;
		$ends   = match ( $query->when ) {
			'ahead' => " AND ends_at >= '" . gmdate( 'Y-m-d H:i:s' ) . "'",
			'past'  => " AND ends_at < '" . gmdate( 'Y-m-d H:i:s' ) . "'",
			default => '',
		};
		$one     = $query->appointment_id > 0 ? ' AND appointment_id = ' . $query->appointment_id : '';
		$parts   = array();
		$sources = array( 'zoom' => array( Schema::ZOOM_MAPPINGS, 'zoom_id' ), 'googlemeet' => array( Schema::MEET_MAPPINGS, 'event_id' ) );
		foreach ( $sources as $provider => list( $table, $id ) ) {
			if ( '' === $query->provider || $provider === $query->provider ) {
				$parts[] = "SELECT appointment_id, '{$provider}' AS provider, {$id} AS meeting_id, extra, ends_at, updated_at FROM {$prefix}{$table} WHERE 1 = 1{$ends}{$one}";
				// A visit that waits for its meeting is ahead.
				$waiting = "SELECT w.appointment_id, '{$provider}', '', NULL, NULL, MAX(w.updated_at) FROM {$prefix}" . Schema::OPERATIONS . " w
					WHERE w.provider = '{$provider}' AND w.kind = 'create' AND w.state <> 'done' AND NOT EXISTS (SELECT 1 FROM {$prefix}{$table} t WHERE t.appointment_id = w.appointment_id)" . str_replace( 'appointment_id', 'w.appointment_id', $one ) . ' GROUP BY w.appointment_id';
				$parts   = 'past' === $query->when ? $parts : array( ...$parts, $waiting );
			}
		}
		return '(' . ( array() === $parts ? "SELECT NULL AS appointment_id, '' AS provider, '' AS meeting_id, NULL AS extra, NULL AS ends_at, NULL AS updated_at FROM DUAL WHERE 1 = 0" : implode( ' UNION ALL ', $parts ) ) . ')';
	}

	/**
	 * Joins a provider's connection: what is known about it, and whether there are tokens in use.
	 */
	private function connection( string $alias, Provider $provider ): string {
		$meta = $this->wpdb->usermeta;
		$home = DoctorConnections::HOME . $provider->value;
		return "LEFT JOIN {$this->wpdb->prefix}" . Schema::CONNECTIONS . " {$alias} ON {$alias}.doctor_id = u.ID AND {$alias}.provider = '{$provider->value}'
			LEFT JOIN (SELECT DISTINCT t.user_id FROM {$meta} t JOIN {$meta} s ON s.user_id = t.user_id AND s.meta_key = '{$provider->connect_key()}' AND s.meta_value = 'on'
				WHERE t.meta_key = '{$provider->tokens_key()}' AND t.meta_value <> '' AND NOT EXISTS (SELECT 1 FROM {$meta} h WHERE h.user_id = t.user_id
				AND h.meta_key = '{$home}' AND h.meta_value <> '{$this->wpdb->prefix}')) {$alias}t ON {$alias}t.user_id = u.ID";
	}

	private static function connection_state( string $alias ): string {
		return "COALESCE({$alias}.state, IF({$alias}t.user_id IS NULL, 'not_connected', 'healthy'))";
	}

	/**
	 * Runs a page's query and its count.
	 *
	 * @return array{list<array<string, string|null>>, int}
	 */
	private function page( string $columns, string $from, Where $where, string $order, Query $query ): array {
		// phpcs:disable WordPress.DB -- names are ours, values are prepared.
		$rows  = (array) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_results( $where->prepare( $this->wpdb, "SELECT {$columns} FROM {$from} WHERE ", " ORDER BY {$order} LIMIT %d OFFSET %d", $query->per_page, $query->offset() ), ARRAY_A ) );
		$total = $query->page > 1 || count( $rows ) === $query->per_page
			? (int) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_var( $where->prepare( $this->wpdb, "SELECT COUNT(*) FROM {$from} WHERE ", '' ) ) )
			: count( $rows );
		// phpcs:enable
		return array( array_values( $rows ), $total );
	}
}
