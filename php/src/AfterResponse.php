<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\OwnConnection;

/**
 * The moment when the browser has its answer and work can go on. Without a server that allows it, the work just comes
 * last.
 */
final class AfterResponse {

	/**
	 * Ends the response, then works on a connection of our own. Nothing is thrown: others come after us.
	 */
	public static function work( \Closure $work ): void {
		self::begin();
		try {
			OwnConnection::run( $work );
		} catch ( \Throwable $error ) {
			MeetingDesk::report( 'internal', 'unexpected ' . $error::class, 0 );
		}
	}

	/**
	 * Ends the response. Safe to call more than once. Hosts switch some of these functions off.
	 */
	private static function begin(): void {
		if ( function_exists( 'ignore_user_abort' ) ) {
			ignore_user_abort( true );
		}
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				$finish();
				return;
			}
		}
	}
}
