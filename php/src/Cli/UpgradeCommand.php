<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Upgrade\Mode;
use KiviCare\Telemed\Upgrade\Upgrade;

/**
 * Takes over what KiviCare's original add-ons stored.
 */
final class UpgradeCommand {

	public function __construct( private readonly Upgrade $upgrade ) {}

	/**
	 * Seals plaintext secrets in place, drops JWT credentials, and brings settings, tokens and mapping rows of the
	 * original add-ons into the present form. Repeatable.
	 *
	 * ## OPTIONS
	 *
	 * [--dry-run]
	 * : Only count.
	 *
	 * [--format=<format>]
	 * : table, csv, json or yaml.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed upgrade --dry-run
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		$report = $this->upgrade->run( isset( $flags['dry-run'] ) ? Mode::Count : Mode::Apply );
		\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', $report->rows(), array( 'step', 'count', 'detail' ) );
		if ( $report->failures() > 0 ) {
			\WP_CLI::halt( 1 );
		}
	}
}
