<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\KiviCare\Runner;

/**
 * Processes the queue, for system cron.
 */
final class WorkCommand {

	private const SECONDS = 50;

	public function __construct( private readonly Runner $runner ) {}

	/**
	 * Completes operations that are due, until none is left or the time is up. Ends with 1 when something is left.
	 *
	 * ## OPTIONS
	 *
	 * [--seconds=<seconds>]
	 * : Time for this run.
	 * ---
	 * default: 50
	 * ---
	 *
	 * [--porcelain]
	 * : Print the number of appointments only.
	 *
	 * ## EXAMPLES
	 *
	 *     # Every minute, by system cron.
	 *     $ wp kivicare-telemed work
	 *     Success: 12 appointments looked at.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		try {
			$run = $this->runner->run( max( 1, (int) ( $flags['seconds'] ?? self::SECONDS ) ) );
		} catch ( BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		isset( $flags['porcelain'] )
			? \WP_CLI::line( (string) $run['looked'] )
			: \WP_CLI::success( sprintf( '%d appointments looked at.', $run['looked'] ) );
		if ( $run['left'] ) {
			isset( $flags['porcelain'] ) || \WP_CLI::warning( 'Some are left for the next run.' );
			\WP_CLI::halt( 1 );
		}
	}
}
