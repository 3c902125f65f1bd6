<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Keys;

/**
 * Counts of a rotation, by place.
 */
final class RotationReport {

	public const CURRENT  = 'current';
	public const RESEALED = 'resealed';
	public const FAILED   = 'failed';

	/**
	 * Place => counts and the last reason of a failure.
	 *
	 * @var array<string, array{place: string, resealed: int, current: int, failed: int, reason: string}>
	 */
	private array $rows = array();

	public function add( string $place, string $outcome, string $reason = '' ): void {
		$this->rows[ $place ] ??= array( 'place' => $place, 'resealed' => 0, 'current' => 0, 'failed' => 0, 'reason' => '' );
		$row = $this->rows[ $place ];
		// Spelled out, so that no outcome can make a column of its own.
		$this->rows[ $place ] = array(
			'place'    => $place,
			'resealed' => $row['resealed'] + ( self::RESEALED === $outcome ? 1 : 0 ),
			'current'  => $row['current'] + ( self::CURRENT === $outcome ? 1 : 0 ),
			'failed'   => $row['failed'] + ( self::FAILED === $outcome ? 1 : 0 ),
			'reason'   => '' === $reason ? $row['reason'] : $reason,
		);
	}

	/**
	 * Rows for a table.
	 *
	 * @return list<array{place: string, resealed: int, current: int, failed: int, reason: string}>
	 */
	public function rows(): array {
		return array_values( $this->rows );
	}

	public function resealed(): int {
		return array_sum( array_column( $this->rows, 'resealed' ) );
	}

	public function failed(): int {
		return array_sum( array_column( $this->rows, 'failed' ) );
	}
}
