<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

/**
 * Conditions with their values, joined with AND.
 */
final class Where {

	private string $sql;

	/**
	 * Values of the marks in order.
	 *
	 * @var list<int|string>
	 */
	private array $values;

	public function __construct( string $sql, int|string ...$values ) {
		$this->sql    = $sql;
		$this->values = array_values( $values );
	}

	public function and( string $sql, int|string ...$values ): void {
		$this->sql .= ' AND ' . $sql;
		array_push( $this->values, ...array_values( $values ) );
	}

	/**
	 * The whole statement; only the conditions and the end may have marks.
	 */
	public function prepare( \wpdb $wpdb, string $before, string $after, int|string ...$values ): string {
		$all = array( ...$this->values, ...$values );
		// phpcs:ignore WordPress.DB.PreparedSQL
		return $before . ( array() === $all ? $this->sql . $after : $wpdb->prepare( $this->sql . $after, ...$all ) );
	}
}
