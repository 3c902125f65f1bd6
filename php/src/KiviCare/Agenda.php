<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * Remembers which appointments to look at, and does so when the response is out: KiviCare's hooks fire inside its
 * transactions, and a patient must not wait for Zoom.
 */
final class Agenda implements Registerable {

	/**
	 * Action of Action Scheduler and WP-Cron, with one appointment id.
	 */
	public const LATER = 'kivicare_telemed_reconcile';

	/**
	 * Seconds of work after one request; the rest is scheduled.
	 */
	private const BUDGET = 20;

	/**
	 * Appointment id => whether to look at Zoom too.
	 *
	 * @var array<int, bool>
	 */
	private array $ids = array();

	/**
	 * Work that finds further appointments, run first.
	 *
	 * @var array<string, \Closure(): list<int>>
	 */
	private array $searches = array();

	public function __construct( private readonly Reconciler $reconciler ) {}

	public function register(): void {
		// After everybody who still writes at shutdown.
		add_action( 'shutdown', array( $this, 'work_off' ), 1000 );
		add_action( self::LATER, array( $this, 'run_later' ) );
	}

	/**
	 * Notes an appointment.
	 */
	public function add( int $appointment_id, bool $verify = false ): void {
		if ( $appointment_id > 0 ) {
			$this->ids[ $appointment_id ] = $verify || ( $this->ids[ $appointment_id ] ?? false );
		}
	}

	/**
	 * Notes a search for appointments; one per name.
	 *
	 * @param string                 $name Name.
	 * @param \Closure(): list<int> $find Search on committed rows.
	 */
	public function search( string $name, \Closure $find ): void {
		$this->searches[ $name ] = $find;
	}

	/**
	 * Ends the response, then reconciles.
	 */
	public function work_off(): void {
		if ( array() === $this->ids && array() === $this->searches ) {
			return;
		}
		AfterResponse::begin();
		$this->work();
	}

	/**
	 * Reconciles what is noted, within the budget.
	 *
	 * @return int How many appointments were looked at.
	 */
	public function work( int $seconds = self::BUDGET ): int {
		$deadline = microtime( true ) + $seconds;
		$this->find();
		$done = 0;
		while ( array() !== $this->ids ) {
			$id     = (int) array_key_first( $this->ids );
			$verify = $this->ids[ $id ];
			unset( $this->ids[ $id ] );
			if ( microtime( true ) > $deadline ) {
				self::schedule( $id );
				continue;
			}
			$this->reconciler->run( $id, $verify );
			++$done;
		}
		return $done;
	}

	/**
	 * Runs one appointment from the queue.
	 *
	 * @param int|string $appointment_id KiviCare's id.
	 */
	public function run_later( $appointment_id ): void {
		$this->reconciler->run( (int) $appointment_id );
	}

	private function find(): void {
		$searches       = $this->searches;
		$this->searches = array();
		foreach ( $searches as $find ) {
			try {
				array_map( array( $this, 'add' ), $find() );
			} catch ( \Throwable $error ) {
				// The periodic sweep looks again.
				MeetingDesk::report( 'store', 'unexpected ' . $error::class, 0 );
			}
		}
	}

	private static function schedule( int $id ): void {
		if ( function_exists( 'as_enqueue_async_action' ) ) {
			as_enqueue_async_action( self::LATER, array( $id ), 'kivicare-telemed', true );
			return;
		}
		wp_schedule_single_event( time(), self::LATER, array( $id ) );
	}
}
