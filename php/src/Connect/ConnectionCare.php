<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Queue;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Mail\Causes;
use KiviCare\Telemed\Site\Pause;

/**
 * Keeps connections alive that nobody uses: Zoom forgets them after two months.
 */
final class ConnectionCare implements Registerable {

	/**
	 * Connections in one run.
	 */
	private const BATCH = 20;

	public function __construct(
		private readonly Queue $queue,
		private readonly Causes $causes
	) {}

	public function register(): void {
		add_action( Sweep::ACTION, array( $this, 'run' ), 15, 0 );
	}

	/**
	 * Renews what is due; what needs the doctor is told.
	 */
	public function run(): void {
		if ( Pause::is_on() ) {
			return;
		}
		try {
			$tended = $this->queue->tend( self::BATCH );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
			return;
		}
		foreach ( $tended as $connection ) {
			if ( in_array( $connection['state'], array( 'reconnect', 'expiring' ), true ) ) {
				$this->causes->note_connection( (int) $connection['doctor_id'], (string) $connection['reason'], (string) $connection['message'] );
			}
		}
	}
}
