<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * What a meeting depends on in KiviCare's appointment row.
 */
final class Appointment {

	private const CANCELLED  = 0;
	private const BOOKED     = 1;
	private const CHECKED_IN = 4;

	private const MINIMUM_MINUTES = 15;

	public function __construct(
		public readonly int $id,
		public readonly int $doctor_id,
		public readonly int $patient_id,
		public readonly int $clinic_id,
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
	 * Whether a meeting it has shall end: cancelled, or not a video visit any more. One that waits for payment again or
	 * is checked out keeps what it has.
	 */
	public function refuses_meeting(): bool {
		return ! $this->is_telemed || self::CANCELLED === $this->status;
	}

	/**
	 * Start as an instant, in the zone the booker chose.
	 *
	 * @param string $fallback Zone for rows without a usable one.
	 */
	public function starts_at( string $fallback ): \DateTimeImmutable {
		return $this->instant( $this->start, $fallback );
	}

	/**
	 * End as an instant.
	 */
	public function ends_at( string $fallback ): \DateTimeImmutable {
		return $this->starts_at( $fallback )->modify( '+' . $this->duration( self::MINIMUM_MINUTES ) . ' minutes' );
	}

	private function instant( string $local, string $fallback ): \DateTimeImmutable {
		foreach ( array( $this->timezone, $fallback, 'UTC' ) as $name ) {
			try {
				return new \DateTimeImmutable( $local, new \DateTimeZone( $name ) );
			} catch ( \Exception ) {
				continue;
			}
		}
		return new \DateTimeImmutable( '@0' );
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
