<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Queue;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Site\Pause;

/**
 * Finds and mends what no hook told of: KiviCare cancels, deletes and loses some appointments without a word, and processes
 * die. What it reads grows with the visits ahead and with what changed, not with history.
 */
final class Sweep implements Registerable {

	/**
	 * Recurring action of Action Scheduler or WP-Cron.
	 */
	public const ACTION = 'kivicare_telemed_sweep';

	/**
	 * Due appointments that a dry run counts at most.
	 */
	private const COUNTED = 1000;

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
	public function __construct(
		private readonly Queue $queue,
		private readonly Runner $runner,
		private readonly Findings $findings,
		\Closure $committed
	) {
		$this->committed = $committed;
	}

	public function register(): void {
		add_action( self::ACTION, array( $this, 'run' ), 10, 0 );
	}

	/**
	 * Finds and mends.
	 *
	 * @return int How many appointments were looked at.
	 */
	public function run( int $seconds = 0 ): int {
		if ( Pause::is_on() ) {
			return 0;
		}
		try {
			$found = $this->out_of_line();
			$run   = $this->runner->run( $seconds > 0 ? $seconds : Schedule::seconds(), $found );
			// Otherwise the next sweep finds the same again; what was skipped would wait until the tour comes round.
			array() === array_intersect( $found, $run['unseen'] ) && $this->findings->go_on();
			return $run['looked'];
		} catch ( \Throwable $error ) {
			// Others still have their part of the sweep.
			$failure = $error instanceof BridgeException ? $error->failure->value : 'store';
			MeetingDesk::report( $failure, $error instanceof BridgeException ? $error->getMessage() : 'unexpected ' . $error::class, 0 );
			return 0;
		}
	}

	/**
	 * Appointments that are not as they should be and are not in the queue yet.
	 *
	 * @return list<int>
	 */
	public function out_of_line(): array {
		return array_values( array_unique( array_merge( array(), ...array_values( $this->findings->all() ) ) ) );
	}

	/**
	 * What a run would look at, by cause. Changes nothing.
	 *
	 * @return array<string, list<int>>
	 * @throws BridgeException When the queue cannot be read.
	 */
	public function report(): array {
		$due = array_column( $this->queue->due( self::COUNTED ), 'appointment_id' );
		return array( 'due' => $due ) + $this->findings->all();
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
	 * Visits that wait for a person, for when one has acted.
	 *
	 * @return list<int>
	 */
	public function parked(): array {
		return ( $this->committed )()->parked();
	}
}
