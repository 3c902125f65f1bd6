<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Overview\Page;

/**
 * Prints a page of a list in the form asked for.
 */
final class Listing {

	/**
	 * Prints.
	 *
	 * @param array<string, string> $flags   format; fields, comma separated.
	 * @param list<string>          $columns Columns of a table.
	 * @param string                $id      Column that "ids" prints.
	 */
	public static function show( Page $page, array $flags, array $columns, string $id = 'id' ): void {
		$format = (string) ( $flags['format'] ?? 'table' );
		if ( 'count' === $format ) {
			\WP_CLI::line( (string) $page->total );
			return;
		}
		if ( 'ids' === $format ) {
			\WP_CLI::line( implode( ' ', array_column( $page->items, $id ) ) );
			return;
		}
		\WP_CLI\Utils\format_items( $format, $page->items, $columns );
		if ( 'table' === $format && $page->total > count( $page->items ) ) {
			\WP_CLI::log( sprintf( '%d of %d shown; see --page.', count( $page->items ), $page->total ) );
		}
	}
}
