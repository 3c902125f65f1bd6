<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Queue;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Queue;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Agenda;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Runner;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Pause;

/**
 * When work is done that nobody waits for: a recurring sweep, and one action at the moment when the next operation becomes
 * due. Both through Action Scheduler, which KiviCare brings along, or WP-Cron where it is absent.
 */
final class Schedule implements Registerable {

	/**
	 * Action of one run.
	 */
	public const WORK = 'kivicare_telemed_work';

	private const GROUP    = 'kivicare-telemed';
	private const SCHEDULE = 'kivicare_telemed_minutes';
	private const INTERVAL = 300;

	/**
	 * Seconds of one run; Action Scheduler itself stops after 30.
	 */
	private const BUDGET = 20;

	/**
	 * The same where nothing ends a process that takes its time.
	 */
	private const PATIENCE = 120;

	/**
	 * Notes count from a minute on; a little later they are certainly due.
	 */
	private const SOON = 65;

	public function __construct(
		private readonly Queue $queue,
		private readonly Runner $runner
	) {}

	public function register(): void {
		add_action( self::WORK, array( $this, 'work' ) );
		// Scheduling writes on $wpdb, so never inside KiviCare's transactions: these come after the response.
		add_action( Agenda::LEFT_ACTION, array( $this, 'plan' ) );
		add_action( Sweep::ACTION, array( $this, 'plan' ), 90, 0 );
		add_action( 'admin_init', array( $this, 'keep_sweeping' ) );
		add_action( 'cli_init', array( $this, 'keep_sweeping' ), 20 );
		// phpcs:ignore WordPress.WP.CronInterval.CronSchedulesInterval -- five minutes are what a waiting patient bears.
		add_filter( 'cron_schedules', array( $this, 'interval' ) );
	}

	/**
	 * One run, then the next one's date.
	 */
	public function work(): void {
		if ( Pause::is_on() ) {
			return;
		}
		try {
			$run = $this->runner->run( self::seconds() );
			$this->plan( $run['left'] );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
		}
	}

	/**
	 * Schedules the next run for the moment when something becomes due.
	 *
	 * @param mixed $left Whether something was left that is due already.
	 */
	public function plan( $left = false ): void {
		if ( Pause::is_on() ) {
			return;
		}
		try {
			$next = $left ? self::SOON : $this->queue->next_due();
		} catch ( BridgeException ) {
			// Our connection may be back by then; otherwise the sweep looks.
			$next = self::SOON;
		}
		if ( null !== $next ) {
			$this->at( time() + max( 1, $next ) );
		}
	}

	/**
	 * Makes sure the recurring sweep exists.
	 */
	public function keep_sweeping(): void {
		if ( ! self::has_action_scheduler() ) {
			wp_next_scheduled( Sweep::ACTION ) || wp_schedule_event( time() + self::INTERVAL, self::SCHEDULE, Sweep::ACTION );
			return;
		}
		wp_clear_scheduled_hook( Sweep::ACTION );
		if ( ! as_has_scheduled_action( Sweep::ACTION ) ) {
			as_schedule_recurring_action( time() + self::INTERVAL, self::INTERVAL, Sweep::ACTION, array(), self::GROUP, true );
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

	/**
	 * Seconds that a run may take here: PHP's limit also holds for what comes after it.
	 */
	public static function seconds(): int {
		$limit = self::limit();
		return $limit > 0 ? max( 5, min( self::BUDGET, intdiv( $limit, 2 ) ) ) : self::BUDGET;
	}

	/**
	 * Seconds for going through all doctors: more where PHP sets no limit, as on the command line.
	 */
	public static function patience(): int {
		return self::limit() > 0 ? self::seconds() : self::PATIENCE;
	}

	/**
	 * Seconds that PHP allows; 0 for no limit, or where hosts let nobody ask.
	 */
	private static function limit(): int {
		return function_exists( 'ini_get' ) ? (int) ini_get( 'max_execution_time' ) : 0;
	}

	/**
	 * One run at this time, unless one comes sooner.
	 */
	private function at( int $time ): void {
		$planned = self::has_action_scheduler() ? as_next_scheduled_action( self::WORK, array(), self::GROUP ) : wp_next_scheduled( self::WORK );
		if ( true === $planned || ( is_int( $planned ) && $planned <= $time ) ) {
			return;
		}
		if ( self::has_action_scheduler() ) {
			as_unschedule_action( self::WORK, array(), self::GROUP );
			as_schedule_single_action( $time, self::WORK, array(), self::GROUP, true );
			return;
		}
		wp_clear_scheduled_hook( self::WORK );
		wp_schedule_single_event( $time, self::WORK );
	}

	private static function has_action_scheduler(): bool {
		return function_exists( 'as_has_scheduled_action' ) && \ActionScheduler::is_initialized();
	}
}
