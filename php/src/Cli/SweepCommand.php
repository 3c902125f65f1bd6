<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Sweep;

/**
 * Brings meetings back in line with appointments.
 */
final class SweepCommand {

	public function __construct(
		private readonly Sweep $sweep,
		private readonly Reconciler $reconciler
	) {}

	/**
	 * Finds appointments whose meeting is missing, left over or unfinished, and mends them.
	 *
	 * ## OPTIONS
	 *
	 * [--dry-run]
	 * : Only list the appointments.
	 *
	 * [--format=<format>]
	 * : table, csv, json, ids or count.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed sweep --dry-run --format=ids
	 *     17 42
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		$rows = array();
		foreach ( $this->sweep->out_of_line() as $id ) {
			$outcome = isset( $flags['dry-run'] ) ? array( 'state' => 'found' ) : $this->reconciler->run( $id );
			$rows[]  = array(
				'appointment' => $id,
				'state'       => (string) $outcome['state'],
				'message'     => (string) ( $outcome['message'] ?? '' ),
			);
		}
		$format = (string) ( $flags['format'] ?? 'table' );
		if ( 'ids' === $format ) {
			\WP_CLI::line( implode( ' ', array_column( $rows, 'appointment' ) ) );
			return;
		}
		\WP_CLI\Utils\format_items( $format, $rows, array( 'appointment', 'state', 'message' ) );
	}
}
