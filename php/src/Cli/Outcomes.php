<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

/**
 * Reconciles appointments one after the other and tells how each went. Ends with 1 when one is not as it should be.
 */
final class Outcomes {

	/**
	 * States that need nobody any more.
	 */
	private const GOOD = array( 'ready', 'kept' );

	/**
	 * Runs the work.
	 *
	 * @param list<int>                           $ids  Appointments.
	 * @param \Closure(int): array<string, mixed> $work Gives the outcome.
	 */
	public static function show( array $ids, \Closure $work, bool $porcelain ): void {
		$bad = 0;
		foreach ( $ids as $id ) {
			$outcome = $work( $id );
			$state   = (string) ( $outcome['state'] ?? '' );
			$message = (string) ( $outcome['message'] ?? '' );
			$bad    += in_array( $state, self::GOOD, true ) ? 0 : 1;
			\WP_CLI::line( $porcelain ? $state : "{$id}: {$state}" . ( '' === $message ? '' : ". {$message}" ) );
		}
		if ( $bad > 0 ) {
			\WP_CLI::halt( 1 );
		}
	}
}
