<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Pause;

/**
 * Brings meetings back in line with appointments.
 */
final class SweepCommand {

	/**
	 * A person waits in front of the command; a second one goes on.
	 */
	private const SECONDS = 300;

	public function __construct( private readonly Sweep $sweep ) {}

	/**
	 * Finds appointments whose meeting is missing, left over, at the wrong time or unfinished, and mends them.
	 *
	 * ## OPTIONS
	 *
	 * [--dry-run]
	 * : Only count, by cause.
	 *
	 * [--format=<format>]
	 * : table, csv, json, yaml, ids or count; for --dry-run.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed sweep
	 *     Success: 3 appointments looked at.
	 *
	 *     $ wp kivicare-telemed sweep --dry-run --format=ids
	 *     17 42
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		Pause::is_on() && \WP_CLI::error( Pause::text() );
		if ( ! isset( $flags['dry-run'] ) ) {
			\WP_CLI::success( sprintf( '%d appointments looked at.', $this->sweep->run( self::SECONDS ) ) );
			return;
		}
		try {
			$found = $this->sweep->report();
		} catch ( BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		$format = (string) ( $flags['format'] ?? 'table' );
		if ( 'ids' === $format || 'count' === $format ) {
			$ids = array_unique( array_merge( array(), ...array_values( $found ) ) );
			\WP_CLI::line( 'ids' === $format ? implode( ' ', $ids ) : (string) count( $ids ) );
			return;
		}
		$rows = array();
		foreach ( $found as $cause => $ids ) {
			$rows[] = array( 'cause' => $cause, 'appointments' => count( $ids ) );
		}
		\WP_CLI\Utils\format_items( $format, $rows, array( 'cause', 'appointments' ) );
	}
}
