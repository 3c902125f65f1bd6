<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Upgrade\Upgrade;

/**
 * Takes a site over from KiviCare's original telemed add-ons.
 */
final class UpgradeCommand {

	public function __construct( private readonly Upgrade $upgrade ) {}

	/**
	 * Brings settings, tokens and mappings of the original add-ons into the current form; can be repeated.
	 *
	 * ## OPTIONS
	 *
	 * [--dry-run]
	 * : Show what would be done, and change nothing.
	 *
	 * [--format=<format>]
	 * : table, csv, json or yaml.
	 * ---
	 * default: table
	 * options:
	 *   - table
	 *   - json
	 *   - csv
	 *   - yaml
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed upgrade --dry-run
	 *
	 *     $ wp kivicare-telemed upgrade
	 *
	 * @param list<string>                $args  None.
	 * @param array<string, string|true> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		$report = $this->upgrade->run( (bool) ( $flags['dry-run'] ?? false ) );
		\WP_CLI\Utils\format_items( (string) ( $flags['format'] ?? 'table' ), $report->rows(), array( 'step', 'count', 'detail' ) );
		if ( $report->failures() > 0 ) {
			// Ends with an error code, so that a deployment notices; the table names the remedies.
			\WP_CLI::error( "{$report->failures()} could not be upgraded and stayed as they were." );
		}
	}
}
