<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Sweep;

/**
 * How much waits, and for how long.
 */
final class QueueFacts {

	/**
	 * Seconds since the longest due operation should have been tried, 0 for none.
	 */
	public function age(): int {
		global $wpdb;
		$now = gmdate( 'Y-m-d H:i:s' );
		// phpcs:ignore Telemed.Database.PreparedSql -- Literals of this class.
		$due = $wpdb->get_var( $wpdb->prepare( "SELECT MIN(CASE WHEN state = 'in_flight' THEN lease_until ELSE resume_at END) FROM {$wpdb->prefix}" . Schema::OPERATIONS . " WHERE (state IN ('pending', 'parked') AND resume_at <= %s) OR (state = 'in_flight' AND lease_until < %s)", $now, $now ) );
		return null === $due ? 0 : max( 0, time() - (int) strtotime( $due . ' UTC' ) );
	}

	/**
	 * Operations in each state.
	 *
	 * @return array<string, int>
	 */
	public function operations(): array {
		global $wpdb;
		return $this->counts( 'SELECT state, COUNT(*) AS n FROM ' . $wpdb->prefix . Schema::OPERATIONS . ' GROUP BY state ORDER BY state' );
	}

	/**
	 * Connections in each state.
	 *
	 * @return array<string, int>
	 */
	public function connections(): array {
		global $wpdb;
		return $this->counts( 'SELECT state, COUNT(*) AS n FROM ' . $wpdb->prefix . Schema::CONNECTIONS . ' GROUP BY state ORDER BY state' );
	}

	/**
	 * Whether the recurring sweep has a date.
	 */
	public function is_scheduled(): bool {
		return false !== wp_next_scheduled( Sweep::ACTION ) || ( function_exists( 'as_has_scheduled_action' ) && as_has_scheduled_action( Sweep::ACTION ) );
	}

	/**
	 * State => number.
	 *
	 * @return array<string, int>
	 */
	private function counts( string $sql ): array {
		global $wpdb;
		// phpcs:ignore Telemed.Database.PreparedSql -- Literals of this class.
		return array_map( 'intval', array_column( (array) $wpdb->get_results( $sql, ARRAY_A ), 'n', 'state' ) );
	}
}
