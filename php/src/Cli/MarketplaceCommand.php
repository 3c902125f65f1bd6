<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Config\Marketplace;

/**
 * What to enter at Zoom and Google.
 */
final class MarketplaceCommand {

	/**
	 * Shows this site's redirect, webhook and deauthorization URLs and the scopes that the apps need.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : table, json, yaml or csv.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed marketplace --format=json
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function __invoke( array $args, array $flags ): void {
		\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', Marketplace::rows(), array( 'provider', 'item', 'value' ) );
	}
}
