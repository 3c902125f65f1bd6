<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Audit\AuditRows;

/**
 * The record of who did what with meetings, connections, settings and keys.
 */
final class AuditCommand {

	public function __construct( private readonly AuditRows $rows ) {}

	/**
	 * Writes the audit log to standard output, oldest first. It has ids and no names, tokens or health data.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : csv or json.
	 * ---
	 * default: csv
	 * options:
	 *   - csv
	 *   - json
	 * ---
	 *
	 * [--since=<time>]
	 * : First moment, UTC: 2026-01-31, or anything that PHP's strtotime() understands.
	 *
	 * [--until=<time>]
	 * : First moment that is left out, UTC.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed audit export --since=2026-01-01 --until=2026-02-01 > january.csv
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function export( array $args, array $flags ): void {
		$format = (string) ( $flags['format'] ?? 'csv' );
		if ( ! in_array( $format, array( 'csv', 'json' ), true ) ) {
			\WP_CLI::error( 'The format must be csv or json.' );
		}
		$rows = $this->rows->between( self::moment( $flags['since'] ?? '' ), self::moment( $flags['until'] ?? '' ) );
		'csv' === $format ? $this->csv( $rows ) : $this->json( $rows );
	}

	/**
	 * One line an entry.
	 *
	 * @param iterable<array<string, string|null>> $rows Entries.
	 */
	private function csv( iterable $rows ): void {
		\WP_CLI::line( implode( ',', AuditRows::COLUMNS ) );
		foreach ( $rows as $row ) {
			\WP_CLI::line( implode( ',', array_map( array( self::class, 'cell' ), array_map( 'strval', array_values( $row ) ) ) ) );
		}
	}

	/**
	 * A cell as RFC 4180 has it, and nothing that a spreadsheet takes for a formula.
	 */
	private static function cell( string $text ): string {
		$text = 1 === preg_match( '/^[=+\-@\t\r]/', $text ) ? "'" . $text : $text;
		return 1 === preg_match( '/[",\r\n]/', $text ) ? '"' . str_replace( '"', '""', $text ) . '"' : $text;
	}

	/**
	 * One JSON array, written as it is read.
	 *
	 * @param iterable<array<string, string|null>> $rows Entries.
	 */
	private function json( iterable $rows ): void {
		$before = '[';
		foreach ( $rows as $row ) {
			foreach ( array( 'id', 'actor_id', 'appointment_id', 'doctor_id', 'times' ) as $number ) {
				$row[ $number ] = (int) $row[ $number ];
			}
			\WP_CLI::line( $before . (string) wp_json_encode( $row ) );
			$before = ',';
		}
		\WP_CLI::line( '[' === $before ? '[]' : ']' );
	}

	private static function moment( string $text ): string {
		if ( '' === $text ) {
			return '';
		}
		$time = strtotime( $text . ( 1 === preg_match( '/^\d{4}-\d\d-\d\d$/', $text ) ? ' 00:00:00 UTC' : '' ) );
		if ( false === $time ) {
			\WP_CLI::error( "\"{$text}\" is not a time." );
		}
		return gmdate( 'Y-m-d H:i:s', $time );
	}
}
