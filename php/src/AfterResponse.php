<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

/**
 * The moment when the browser has its answer and work can go on. Without a server that allows it, the work just comes
 * last.
 */
final class AfterResponse {

	/**
	 * Ends the response. Safe to call more than once.
	 */
	public static function begin(): void {
		ignore_user_abort( true );
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				$finish();
				return;
			}
		}
	}
}
