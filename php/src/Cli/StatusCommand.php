<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\StatusReport;

/**
 * Shows whether video consultations work on this site.
 */
final class StatusCommand {

	public function __construct( private readonly StatusReport $report ) {}

	/**
	 * Shows versions, tables, key source and Zoom settings.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : table, csv, json or yaml.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed status
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', $this->report->rows(), array( 'item', 'value' ) );
	}
}
