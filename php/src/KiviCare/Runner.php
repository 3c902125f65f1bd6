<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Contracts\Queue;

/**
 * Processes what is due: in portions, within a time, each appointment once a run, one run at a time for the whole site.
 */
final class Runner {

	/**
	 * Appointments in one portion: the time may be up only between portions.
	 */
	private const PORTION = 100;

	/**
	 * Seconds for which an appointment that neither wants nor refuses a meeting is left alone.
	 */
	private const KEPT = 3600;

	/**
	 * Seconds until what cannot be told yet is looked at again.
	 */
	private const AGAIN = 60;

	/**
	 * Appointments of the current run that could not be looked at.
	 *
	 * @var list<int>
	 */
	private array $unseen = array();

	public function __construct(
		private readonly Queue $queue,
		private readonly Reconciler $reconciler
	) {}

	/**
	 * Works until nothing is due or the time is up.
	 *
	 * @param int       $seconds Time for the run.
	 * @param list<int> $first   Appointments to look at whether due or not.
	 * @return array{looked: int, left: bool, unseen: list<int>} How many were looked at, whether something due was left for
	 *         later, and which could not be looked at.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the queue cannot be read.
	 */
	public function run( int $seconds, array $first = array() ): array {
		$deadline = microtime( true ) + $seconds;
		$seen     = array();

		$this->unseen = array();

		$extra = array_map( static fn( int $id ): array => array( 'appointment_id' => $id, 'verify' => false, 'noted' => 0 ), $first );
		do {
			$portion = $this->portion( $extra, $seen );
			if ( array() === $portion ) {
				return $this->outcome( $seen, false, array() );
			}
			if ( ! $this->work( $portion ) ) {
				return $this->outcome( $seen, true, array_column( array_merge( $portion, $extra ), 'appointment_id' ) );
			}
			$seen += array_column( $portion, null, 'appointment_id' );
		} while ( microtime( true ) < $deadline );
		return $this->outcome( $seen, true, array_column( $extra, 'appointment_id' ) );
	}

	/**
	 * Processes these, and nothing else: side by side, or one after the other while another run is at work. What does not
	 * fit into the time is noted for later.
	 *
	 * @param list<array{appointment_id: int, verify: bool, noted: int}> $entries Entries.
	 * @return int How many were looked at.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the queue cannot be written.
	 */
	public function only( array $entries, int $seconds ): int {
		$deadline = microtime( true ) + $seconds;
		$looked   = 0;
		while ( array() !== $entries && microtime( true ) < $deadline ) {
			$portion = array_slice( $entries, 0, self::PORTION );
			$entries = array_slice( $entries, self::PORTION );
			if ( ! $this->work( $portion ) ) {
				array_unshift( $entries, ...$portion );
				break;
			}
			$looked += count( $portion );
		}
		while ( array() !== $entries && microtime( true ) < $deadline ) {
			$entry = array_shift( $entries );
			$this->alone( $entry );
			++$looked;
		}
		foreach ( $entries as $entry ) {
			$entry['noted'] > 0 || $this->queue->note( $entry['appointment_id'], $entry['verify'] );
		}
		return $looked;
	}

	/**
	 * Looks at one appointment, waiting for others who are at it.
	 *
	 * @param array{appointment_id: int, verify: bool, noted: int} $entry Entry.
	 */
	public function alone( array $entry ): void {
		$outcome = $this->reconciler->run( $entry['appointment_id'], $entry['verify'] );
		// What failed before the journal was written stays noted.
		if ( $entry['noted'] > 0 && ( 'kept' === $outcome['state'] || isset( $outcome['operation_id'] ) ) ) {
			$this->queue->settle( $entry['appointment_id'], $entry['noted'] );
		}
	}

	/**
	 * What run() tells.
	 *
	 * @param array<int, mixed>       $seen   Looked at, by appointment.
	 * @param bool                    $left   Whether something due was left.
	 * @param array<array-key, mixed> $unseen Not come to.
	 * @return array{looked: int, left: bool, unseen: list<int>}
	 */
	private function outcome( array $seen, bool $left, array $unseen ): array {
		return array( 'looked' => count( $seen ), 'left' => $left, 'unseen' => array_merge( $this->unseen, array_map( 'intval', array_values( $unseen ) ) ) );
	}

	/**
	 * The next appointments, none of them a second time.
	 *
	 * @param list<array<string, mixed>>       $extra Taken out of this list first.
	 * @param array<int, array<string, mixed>> $seen  Looked at in this run, by appointment.
	 * @return list<array<string, mixed>>
	 */
	private function portion( array &$extra, array $seen ): array {
		$portion = array_column( array_splice( $extra, 0, self::PORTION ), null, 'appointment_id' );
		foreach ( $this->queue->due( self::PORTION ) as $due ) {
			$portion[ $due['appointment_id'] ] = $due;
		}
		return array_values( array_diff_key( $portion, $seen ) );
	}

	/**
	 * Reconciles a portion.
	 *
	 * @param list<array<string, mixed>> $portion appointment_id, verify, noted.
	 * @return bool False while another run is at work.
	 */
	private function work( array $portion ): bool {
		$visited = array();
		foreach ( $portion as $due ) {
			$one = $this->visit( $due );
			if ( null !== $one ) {
				$visited[ $due['appointment_id'] ] = $one + array( 'noted' => $due['noted'] );
			}
		}
		$outcomes = array() === $visited ? array() : $this->queue->run( array_values( $visited ) );
		foreach ( $outcomes ?? array() as $outcome ) {
			$one = $visited[ (int) $outcome['appointment_id'] ];
			$this->reconciler->after( (int) $outcome['appointment_id'], $one, $outcome );
			if ( $this->reconciler->is_outdated( $one, $outcome ) ) {
				$this->reconciler->run( (int) $outcome['appointment_id'] );
			}
		}
		return null !== $outcomes;
	}

	/**
	 * What is to be done about an appointment; null for nothing now.
	 *
	 * @param array<string, mixed> $due appointment_id, verify, noted.
	 * @return array<string, mixed>|null
	 */
	private function visit( array $due ): ?array {
		$one = $this->reconciler->visited( $due['appointment_id'], $due['verify'] );
		if ( is_array( $one ) ) {
			return $one;
		}
		if ( false === $one ) {
			$this->unseen[] = $due['appointment_id'];
			$this->queue->postpone( $due['appointment_id'], self::AGAIN );
			return null;
		}
		$due['noted'] > 0 && $this->queue->settle( $due['appointment_id'], $due['noted'] );
		$this->queue->postpone( $due['appointment_id'], self::KEPT );
		return null;
	}
}
