<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Queue\Schedule;

/**
 * Keeps CommittedDatabase's connection within our share of what the database allows, and ends it with the work that
 * needed it.
 */
final class SessionRoom implements Registerable {

	public function register(): void {
		// After everything of ours that works then.
		add_action( 'shutdown', array( CommittedDatabase::class, 'leave' ), 1200, 0 );
		add_action( Sweep::ACTION, array( CommittedDatabase::class, 'leave' ), 1000, 0 );
		add_action( Schedule::WORK, array( CommittedDatabase::class, 'leave' ), 1000, 0 );
	}

	/**
	 * Before a connection is opened.
	 *
	 * @throws \RuntimeException While visitors need what there is.
	 */
	public static function take(): void {
		try {
			Plugin::instance()->bridge()->session_wanted();
		} catch ( BridgeException $error ) {
			if ( Failure::Store === $error->failure ) {
				throw new \RuntimeException( 'the database has no connection to spare' );
			}
			// Without the extension there is no share to keep.
			return;
		}
	}

	/**
	 * After it is closed.
	 */
	public static function give(): void {
		try {
			Plugin::instance()->bridge()->session_closed();
		} catch ( BridgeException ) {
			// The end of the request gives it back as well.
			return;
		}
	}
}
