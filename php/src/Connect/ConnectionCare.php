<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Queue;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Mail\Causes;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Site\Pause;

/**
 * Keeps connections alive that nobody uses: Zoom forgets them after two months.
 */
final class ConnectionCare implements Registerable {

	/**
	 * Connections in one portion: the time may be up only between portions.
	 */
	private const BATCH = 40;

	public function __construct(
		private readonly Queue $queue,
		private readonly Causes $causes
	) {}

	public function register(): void {
		add_action( Sweep::ACTION, array( $this, 'run' ), 15, 0 );
	}

	/**
	 * Renews what is due, in portions; what needs the doctor is told.
	 */
	public function run(): void {
		if ( Pause::is_on() ) {
			return;
		}
		$deadline = microtime( true ) + Schedule::patience();
		$seen     = array();
		do {
			try {
				$tended = $this->queue->tend( self::BATCH );
			} catch ( BridgeException $error ) {
				MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
				return;
			}
			$fresh = array();
			foreach ( $tended as $connection ) {
				$fresh[ $connection['provider'] . ':' . $connection['doctor_id'] ] = $connection;
			}
			// What comes a second time stays due for a reason that will not pass in this run.
			$fresh = array_diff_key( $fresh, $seen );
			$seen += $fresh;
			array_map( array( $this, 'take' ), $fresh );
		} while ( array() !== $fresh && microtime( true ) < $deadline );
	}

	/**
	 * Follows one connection's look.
	 *
	 * @param array<string, mixed> $connection Of the extension.
	 */
	private function take( array $connection ): void {
		if ( in_array( $connection['state'], array( 'reconnect', 'expiring' ), true ) ) {
			$this->causes->note_connection( (int) $connection['doctor_id'], (string) $connection['reason'], (string) $connection['message'] );
		}
	}
}
