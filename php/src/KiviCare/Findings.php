<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Config\DoctorConnections;

/**
 * Compares committed rows: which meetings ahead do not fit their appointments, and which appointments have none.
 */
final class Findings {

	/**
	 * Option: {seen: int, at: int}, how far new appointments were looked at, and where the tour through all of them is.
	 */
	public const PROGRESS = 'kivicare_telemed_sweep_progress';

	/**
	 * Meetings read at once.
	 */
	private const PAGE = 1000;

	/**
	 * New appointments of one run.
	 */
	private const NEW_ROWS = 10000;

	/**
	 * Appointments of the tour in one run.
	 */
	private const TOUR = 2000;

	/**
	 * Bookings still under way may come to light below newer ones.
	 */
	private const MARGIN = 200;

	/**
	 * Minutes of the longest meeting; the extension's limit.
	 */
	private const LONGEST = 1440;

	/**
	 * Reader of committed rows, made at first use.
	 *
	 * @var \Closure(): Appointments
	 */
	private readonly \Closure $committed;

	/**
	 * Where the next look may begin.
	 *
	 * @var array{seen: int, at: int}|null
	 */
	private ?array $next = null;

	/**
	 * Parts.
	 *
	 * @param \Closure(): Appointments $committed Reader of committed rows.
	 */
	public function __construct( private readonly DoctorConnections $doctors, \Closure $committed ) {
		$this->committed = $committed;
	}

	/**
	 * Appointments by cause: gone, cancelled, people, moved, provider, missing.
	 *
	 * @return array<string, list<int>>
	 */
	public function all(): array {
		$rows  = ( $this->committed )();
		$found = array_fill_keys( array( 'gone', 'cancelled', 'people', 'moved', 'provider' ), array() );
		$after = 0;
		do {
			$page = $rows->meetings_ahead( $after, self::PAGE );
			foreach ( $page as $row ) {
				$cause = $this->cause( $row );
				if ( null !== $cause ) {
					$found[ $cause ][] = (int) $row['mapped_id'];
				}
			}
			$after = array() === $page ? 0 : (int) end( $page )['mapped_id'];
		} while ( count( $page ) === self::PAGE );
		$found['missing'] = $this->missing( $rows );
		return $found;
	}

	/**
	 * Lets the next look begin where the last one ended: what that one found is seen to.
	 */
	public function go_on(): void {
		if ( null !== $this->next && get_option( self::PROGRESS ) !== $this->next ) {
			update_option( self::PROGRESS, $this->next, false );
		}
		$this->next = null;
	}

	/**
	 * Why a meeting does not fit its appointment; null when it does.
	 *
	 * @param array<string, mixed> $row Of Appointments::meetings_ahead().
	 */
	private function cause( array $row ): ?string {
		if ( null === $row['id'] ) {
			return 'gone';
		}
		if ( null === $row['patient'] || null === $row['doctor'] ) {
			return 'people';
		}
		$visit = Appointments::of( $row, true );
		if ( $visit->refuses_meeting() ) {
			return 'cancelled';
		}
		if ( ! $visit->wants_meeting() ) {
			return null;
		}
		$extra = json_decode( (string) $row['extra'], true );
		$made  = is_array( $extra ) ? $extra : array();
		if ( self::is_other( $made, 'patient_id', $visit->patient_id ) || self::is_other( $made, 'doctor_id', $visit->doctor_id ) ) {
			return 'people';
		}
		$known  = (string) ( $made['start_time'] ?? '' );
		$wanted = $visit->starts_at( Visits::doctor_timezone( $visit->doctor_id ) )->setTimezone( new \DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' );
		if ( ( '' !== $known && $wanted !== $known ) || self::is_other( $made, 'duration', min( self::LONGEST, $visit->duration( Visits::DEFAULT_MINUTES ) ) ) ) {
			return 'moved';
		}
		$provider = $this->doctors->provider_of( $visit->doctor_id );
		return null !== $provider && $provider->value !== $row['provider'] ? 'provider' : null;
	}

	/**
	 * Whether the meeting was made for something else. Rows of the original add-on do not say.
	 *
	 * @param array<array-key, mixed> $made  The mapping's "extra".
	 * @param string                  $field Field there.
	 */
	private static function is_other( array $made, string $field, int $wanted ): bool {
		$known = $made[ $field ] ?? 0;
		return is_int( $known ) && $known > 0 && $known !== $wanted;
	}

	/**
	 * Booked video visits without a meeting: among new appointments, and on a tour through all of them.
	 *
	 * @return list<int>
	 */
	private function missing( Appointments $rows ): array {
		$progress = get_option( self::PROGRESS );
		$seen     = (int) ( is_array( $progress ) ? $progress['seen'] ?? 0 : 0 );
		$tour     = (int) ( is_array( $progress ) ? $progress['at'] ?? 0 : 0 );
		$newest   = $rows->newest();
		$until    = min( $newest, $seen + self::NEW_ROWS );
		$missing  = $rows->without_meeting( $seen, $until );
		$at       = $tour >= $seen ? 0 : $tour;
		if ( $at < $seen ) {
			$missing = array_merge( $missing, $rows->without_meeting( $at, min( $at + self::TOUR, $seen ) ) );
		}
		$this->next = array( 'seen' => max( 0, $until - self::MARGIN ), 'at' => $at + self::TOUR );
		return array_values( array_unique( $missing ) );
	}
}
