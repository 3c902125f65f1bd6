<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Install\Schema;

/**
 * What the administrator's screen asks the journal beyond its lists, and the one thing it changes there: when
 * something is tried again.
 */
final class Journal {

	private const A_DAY = 86400;

	/**
	 * How much waits, and for what.
	 *
	 * @return array{due: int, waiting: int, parked: int, failed: int, noted: int}
	 */
	public function counts(): array {
		global $wpdb;
		$table = $this->table();
		$noted = $wpdb->prefix . Schema::NOTED;
		// phpcs:ignore WordPress.DB
		$row = (array) $wpdb->get_row(
			$wpdb->prepare(
				"SELECT SUM(state = 'in_flight' OR (state = 'pending' AND (resume_at IS NULL OR resume_at <= %s))) AS due,
				SUM(state = 'pending' AND resume_at > %s) AS waiting, SUM(state = 'parked') AS parked, SUM(state = 'failed') AS failed,
				(SELECT COUNT(*) FROM {$noted}) AS noted FROM {$table} WHERE state <> 'done'",
				gmdate( 'Y-m-d H:i:s' ),
				gmdate( 'Y-m-d H:i:s' )
			),
			ARRAY_A
		);
		return array(
			'due'     => (int) ( $row['due'] ?? 0 ),
			'waiting' => (int) ( $row['waiting'] ?? 0 ),
			'parked'  => (int) ( $row['parked'] ?? 0 ),
			'failed'  => (int) ( $row['failed'] ?? 0 ),
			'noted'   => (int) ( $row['noted'] ?? 0 ),
		);
	}

	/**
	 * Appointments with unfinished operations.
	 *
	 * @return list<int>
	 */
	public function unfinished(): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return array_values( array_map( 'intval', $wpdb->get_col( "SELECT DISTINCT appointment_id FROM {$this->table()} WHERE state IN ('in_flight', 'pending', 'parked')" ) ) );
	}

	/**
	 * Ends the pauses of an appointment's operations: a person asks for another try now.
	 */
	public function hasten( int $appointment_id ): void {
		global $wpdb;
		$now = gmdate( 'Y-m-d H:i:s' );
		// phpcs:ignore WordPress.DB
		$wpdb->query( $wpdb->prepare( "UPDATE {$this->table()} SET resume_at = %s WHERE appointment_id = %d AND state IN ('pending', 'parked') AND resume_at > %s", $now, $appointment_id, $now ) );
	}

	/**
	 * Meetings made, failures and the provider's time to answer, by UTC day and provider; days without any are there too.
	 *
	 * @return list<array<string, int|string|null>> day, provider, made, failed, latency_ms (mean), latency_max_ms; null where nothing was measured.
	 */
	public function statistics( int $days ): array {
		global $wpdb;
		$since = gmdate( 'Y-m-d', time() - ( $days - 1 ) * self::A_DAY );
		// phpcs:ignore WordPress.DB
		$rows = (array) $wpdb->get_results(
			$wpdb->prepare(
				"SELECT DATE(updated_at) AS day, provider, SUM(kind = 'create' AND state = 'done') AS made, SUM(state IN ('failed', 'parked')) AS failed,
				ROUND(AVG(NULLIF(latency_ms, 0))) AS latency_ms, MAX(NULLIF(latency_ms, 0)) AS latency_max_ms
				FROM {$this->table()} WHERE updated_at >= %s GROUP BY DATE(updated_at), provider",
				$since
			),
			ARRAY_A
		);
		$known = array();
		foreach ( $rows as $row ) {
			$known[ "{$row['day']}{$row['provider']}" ] = array_map( static fn( $n ): ?int => null === $n ? null : (int) $n, array_slice( $row, 2 ) );
		}
		$none = array( 'made' => 0, 'failed' => 0, 'latency_ms' => null, 'latency_max_ms' => null );
		$all  = array();
		for ( $i = 0; $i < $days; $i++ ) {
			$day = gmdate( 'Y-m-d', (int) strtotime( "$since +$i days UTC" ) );
			foreach ( array( 'zoom', 'googlemeet' ) as $provider ) {
				$all[] = compact( 'day', 'provider' ) + ( $known[ $day . $provider ] ?? $none );
			}
		}
		return $all;
	}

	private function table(): string {
		global $wpdb;
		return $wpdb->prefix . Schema::OPERATIONS;
	}
}
