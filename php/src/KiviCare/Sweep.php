<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Finds appointments that no hook told of: KiviCare cancels, deletes and loses some without a word.
 */
final class Sweep implements Registerable {

	/**
	 * Recurring action of Action Scheduler or WP-Cron.
	 */
	public const ACTION = 'kivicare_telemed_sweep';

	private const SCHEDULE = 'kivicare_telemed_minutes';
	private const INTERVAL = 300;

	/**
	 * Appointments in one run.
	 */
	private const BATCH = 200;

	/**
	 * Visits whose time is compared in one run, the soonest.
	 */
	private const AHEAD = 1000;

	/**
	 * Reader of committed rows, made at first use.
	 *
	 * @var \Closure(): Appointments
	 */
	private readonly \Closure $committed;

	/**
	 * Parts.
	 *
	 * @param \Closure(): Appointments $committed Reader of committed rows.
	 */
	public function __construct( private readonly Agenda $agenda, \Closure $committed ) {
		$this->committed = $committed;
	}

	public function register(): void {
		add_action( self::ACTION, array( $this, 'run' ) );
		add_action( 'admin_init', array( $this, 'schedule' ) );
		// phpcs:ignore WordPress.WP.CronInterval.CronSchedulesInterval -- five minutes are what a waiting patient bears.
		add_filter( 'cron_schedules', array( $this, 'interval' ) );
	}

	/**
	 * Finds and mends.
	 *
	 * @return int How many appointments were looked at.
	 */
	public function run(): int {
		$this->agenda->search( 'sweep', fn(): array => $this->out_of_line() );
		return $this->agenda->work();
	}

	/**
	 * What a run would look at.
	 *
	 * @return list<int>
	 */
	public function out_of_line( int $limit = self::BATCH ): array {
		$rows = ( $this->committed )();
		return array_values( array_unique( array( ...$rows->out_of_line( $limit ), ...$this->drifted( $rows ) ) ) );
	}

	/**
	 * Visits whose meeting is known to be at another time: the process that should have moved it died.
	 *
	 * @return list<int>
	 */
	private function drifted( Appointments $rows ): array {
		$drifted = array();
		foreach ( $rows->with_meeting_ahead( self::AHEAD ) as list( $visit, $known ) ) {
			$wanted = $visit->starts_at( Visits::doctor_timezone( $visit->doctor_id ) )->setTimezone( new \DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' );
			if ( '' !== $known && $wanted !== $known ) {
				$drifted[] = $visit->id;
			}
		}
		return $drifted;
	}

	/**
	 * A doctor's visits that a change of connection concerns.
	 *
	 * @return list<int>
	 */
	public function of_doctor( int $doctor_id ): array {
		return ( $this->committed )()->ahead_of_doctor( $doctor_id );
	}

	/**
	 * Makes sure the recurring action exists.
	 */
	public function schedule(): void {
		if ( ! function_exists( 'as_has_scheduled_action' ) ) {
			wp_next_scheduled( self::ACTION ) || wp_schedule_event( time() + self::INTERVAL, self::SCHEDULE, self::ACTION );
			return;
		}
		wp_clear_scheduled_hook( self::ACTION );
		if ( ! as_has_scheduled_action( self::ACTION ) ) {
			as_schedule_recurring_action( time() + self::INTERVAL, self::INTERVAL, self::ACTION, array(), 'kivicare-telemed', true );
		}
	}

	/**
	 * Adds our interval.
	 *
	 * @param mixed $schedules WP-Cron's intervals.
	 * @return array<string, array<string, mixed>>
	 */
	public function interval( $schedules ): array {
		$schedules = is_array( $schedules ) ? $schedules : array();

		$schedules[ self::SCHEDULE ] = array(
			'interval' => self::INTERVAL,
			'display'  => __( 'Every five minutes', 'kivicare-telemed' ),
		);
		return $schedules;
	}
}
