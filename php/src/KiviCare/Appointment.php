<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * What a meeting depends on in KiviCare's appointment row.
 */
final class Appointment {

	private const BOOKED     = 1;
	private const CHECKED_IN = 4;

	private const MINIMUM_MINUTES = 15;

	public function __construct(
		public readonly int $id,
		public readonly int $doctor_id,
		public readonly int $status,
		public readonly string $start,
		public readonly string $end,
		public readonly string $timezone,
		public readonly bool $is_telemed
	) {}

	/**
	 * Whether the appointment shall have a meeting: not when cancelled, unpaid or over.
	 */
	public function wants_meeting(): bool {
		return $this->is_telemed && in_array( $this->status, array( self::BOOKED, self::CHECKED_IN ), true );
	}

	/**
	 * Length in minutes from the row, else what KiviCare passed.
	 */
	public function duration( int $fallback ): int {
		// Both are local to one zone; as UTC they subtract without a clock change in between.
		$start   = strtotime( $this->start . ' UTC' );
		$end     = strtotime( $this->end . ' UTC' );
		$minutes = false === $start || false === $end ? 0 : intdiv( $end - $start, 60 );
		return max( self::MINIMUM_MINUTES, $minutes > 0 ? $minutes : $fallback );
	}
}
