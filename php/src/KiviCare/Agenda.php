<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Queue;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Site\Pause;

/**
 * Remembers which appointments to look at, and does so when the response is out: KiviCare's hooks fire inside its
 * transactions, and a patient must not wait for the provider. What is noted is in the extension's queue at once, so that
 * it survives this process.
 */
final class Agenda implements Registerable {

	/**
	 * Action of earlier versions' schedules, with one appointment id.
	 */
	public const LATER = 'kivicare_telemed_reconcile';

	/**
	 * Fired after work, when some of it was left for later or failed for now.
	 */
	public const LEFT_ACTION = 'kivicare_telemed_work_left';

	/**
	 * Seconds of work after one request; the rest is a runner's.
	 */
	private const BUDGET = 20;

	/**
	 * Appointments that are looked at one by one; more go side by side.
	 */
	private const FEW = 2;

	/**
	 * Appointment id => whether to look at the provider too, and the queue's number.
	 *
	 * @var array<int, array{appointment_id: int, verify: bool, noted: int}>
	 */
	private array $ids = array();

	/**
	 * Appointments that the extension could not note.
	 *
	 * @var array<int, true>
	 */
	private array $unnoted = array();

	/**
	 * Work that finds further appointments, run first.
	 *
	 * @var array<string, \Closure(): list<int>>
	 */
	private array $searches = array();

	public function __construct(
		private readonly Queue $queue,
		private readonly Reconciler $reconciler,
		private readonly Runner $runner,
		private readonly Notes $notes
	) {}

	public function register(): void {
		// After everybody who still writes at shutdown.
		add_action( 'shutdown', array( $this, 'work_off' ), 1000 );
		add_action( self::LATER, array( $this, 'run_later' ) );
	}

	/**
	 * Notes an appointment.
	 */
	public function add( int $appointment_id, bool $verify = false ): void {
		if ( $appointment_id <= 0 || ( isset( $this->ids[ $appointment_id ] ) && ( ! $verify || $this->ids[ $appointment_id ]['verify'] ) ) ) {
			return;
		}
		$noted = 0;
		try {
			$noted = $this->queue->note( $appointment_id, $verify );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), $appointment_id );
		} catch ( \Throwable $error ) {
			MeetingDesk::report( 'internal', 'unexpected ' . $error::class, $appointment_id );
		}
		if ( 0 === $noted ) {
			// Noted after the response; only a process that dies before forgets it, until the sweep looks.
			$this->unnoted[ $appointment_id ] = true;
		}
		$this->keep( $appointment_id, $verify, $noted );
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
		if ( ( array() === $this->ids && array() === $this->searches ) || Pause::is_on() ) {
			// What is noted waits in the queue; a full look follows when the site is confirmed.
			return;
		}
		AfterResponse::work( fn(): int => $this->work() );
	}

	/**
	 * Reconciles what is noted, within the budget.
	 *
	 * @return int How many appointments were looked at.
	 */
	public function work( int $seconds = self::BUDGET ): int {
		$this->note_rest();
		if ( Pause::is_on() ) {
			return 0;
		}
		$this->find();
		$noted     = array_values( $this->ids );
		$this->ids = array();
		$looked    = $this->look( $noted, $seconds );
		if ( array() !== $noted ) {
			do_action( self::LEFT_ACTION, $looked < count( $noted ) );
		}
		return $looked;
	}

	/**
	 * Runs one appointment from the queue.
	 *
	 * @param int|string $appointment_id KiviCare's id.
	 */
	public function run_later( $appointment_id ): void {
		Pause::is_on() ? $this->add( (int) $appointment_id ) : $this->reconciler->run( (int) $appointment_id );
	}

	/**
	 * Looks at all of them. A failing queue leaves them noted.
	 *
	 * @param list<array{appointment_id: int, verify: bool, noted: int}> $noted Entries.
	 */
	private function look( array $noted, int $seconds ): int {
		try {
			if ( count( $noted ) > self::FEW ) {
				return $this->runner->only( $noted, $seconds );
			}
			array_map( array( $this->runner, 'alone' ), $noted );
			return count( $noted );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
			return 0;
		}
	}

	/**
	 * Notes on our own connection what the extension could not.
	 */
	private function note_rest(): void {
		foreach ( array_keys( $this->unnoted ) as $id ) {
			$this->ids[ $id ]['noted'] = $this->ids[ $id ]['verify'] ? $this->notes->write_to_verify( $id ) : $this->notes->write( $id );
		}
		$this->unnoted = array();
	}

	private function keep( int $id, bool $verify, int $noted ): void {
		$this->ids[ $id ] = array(
			'appointment_id' => $id,
			'verify'         => $verify || ( $this->ids[ $id ]['verify'] ?? false ),
			'noted'          => $noted,
		);
	}

	private function find(): void {
		$searches       = $this->searches;
		$this->searches = array();
		foreach ( $searches as $find ) {
			try {
				foreach ( $find() as $id ) {
					isset( $this->ids[ $id ] ) || $this->keep( $id, false, 0 );
				}
			} catch ( \Throwable $error ) {
				// The periodic sweep looks again.
				MeetingDesk::report( 'store', 'unexpected ' . $error::class, 0 );
			}
		}
	}
}
