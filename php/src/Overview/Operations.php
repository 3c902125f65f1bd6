<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

/**
 * The journal, for lists.
 */
final class Operations {

	private const NUMBERS = array( 'id', 'appointment_id', 'doctor_id', 'attempts', 'latency_ms', 'clinic_id' );

	public function __construct( private readonly Tables $tables ) {}

	/**
	 * A page of operations, newest first.
	 *
	 * Items: id, appointment_id, doctor_id, doctor (name), provider, kind (create, update, cancel), state (in_flight,
	 * pending, parked, done, failed), meeting_id, attempts, reason, message, latency_ms, lease_until, resume_at,
	 * created_at, updated_at (UTC, empty for none), clinic_id.
	 */
	public function page( Query $query ): Page {
		list( $rows, $total ) = $this->tables->operations( $query );
		return new Page( array_map( array( self::class, 'item' ), $rows ), $total, $query->per_page );
	}

	/**
	 * Operations by id; unknown ids are left out.
	 *
	 * @param list<int> $ids Row ids.
	 * @return array<int, array<string, mixed>> By id.
	 */
	public function find( array $ids ): array {
		return array_map( array( self::class, 'item' ), $this->tables->operations_by_id( $ids ) );
	}

	/**
	 * How many operations there are in each state.
	 *
	 * @return array<string, int> Only states that occur.
	 */
	public function counts(): array {
		return $this->tables->operation_counts();
	}

	/**
	 * A row as an item.
	 *
	 * @param array<string, string|null> $row Of Tables::operations().
	 * @return array<string, mixed>
	 */
	private static function item( array $row ): array {
		$item = array_map( 'strval', $row );
		foreach ( array_intersect( self::NUMBERS, array_keys( $row ) ) as $name ) {
			$item[ $name ] = (int) $row[ $name ];
		}
		return $item;
	}
}
