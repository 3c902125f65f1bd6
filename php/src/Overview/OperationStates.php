<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

use KiviCare\Telemed\Install\Schema;

/**
 * What people may change about operations: try them now, or give them up. Rows are never deleted here; the number of an
 * appointment's creates is part of its Google events' ids.
 */
final class OperationStates {

	/**
	 * Fired with (int $count, list<int> $ids) when so many of the operations were given up.
	 */
	public const GIVEN_UP_ACTION = 'kivicare_telemed_given_up';

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Makes waiting operations due at once; parked ones wait for nobody any more.
	 *
	 * @param list<int> $ids Operations.
	 * @return int How many were waiting.
	 */
	public function make_due( array $ids ): int {
		$now = gmdate( 'Y-m-d H:i:s' );
		return $this->update( "state = 'pending', resume_at = %s, updated_at = %s", array( $now, $now ), $ids );
	}

	/**
	 * Gives waiting operations up.
	 *
	 * @param list<int> $ids Operations.
	 * @return int How many were waiting.
	 */
	public function give_up( array $ids ): int {
		$count = $this->update( "state = 'failed', reason = 'given_up', resume_at = NULL, updated_at = %s", array( gmdate( 'Y-m-d H:i:s' ) ), $ids );
		$count > 0 && do_action( self::GIVEN_UP_ACTION, $count, $ids );
		return $count;
	}

	/**
	 * Changes waiting rows; one whose lease has run out counts as waiting.
	 *
	 * @param list<string> $values Values of the marks in $set.
	 * @param list<int>    $ids    Operations.
	 */
	private function update( string $set, array $values, array $ids ): int {
		if ( array() === $ids ) {
			return 0;
		}
		$marks = implode( ', ', array_fill( 0, count( $ids ), '%d' ) );
		$sql   = "UPDATE {$this->wpdb->prefix}" . Schema::OPERATIONS . " SET {$set} WHERE (state IN ('pending', 'parked') OR (state = 'in_flight' AND lease_until < %s)) AND id IN ({$marks})";
		// phpcs:ignore WordPress.DB
		return (int) $this->wpdb->query( $this->wpdb->prepare( $sql, ...$values, ...array( gmdate( 'Y-m-d H:i:s' ) ), ...$ids ) );
	}
}
