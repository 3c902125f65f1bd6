<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Keys\KeyFile;
use KiviCare\Telemed\Keys\KeyRotation;

/**
 * The key that seals tokens and client secrets.
 */
final class KeysCommand {

	public function __construct(
		private readonly Bridge $bridge,
		private readonly KeyRotation $rotation,
		private readonly KeyFile $file
	) {}

	/**
	 * Shows where the key comes from, its id, and how many secrets still have another one. Ends with 1 when there is no
	 * usable key.
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
	 *     $ wp kivicare-telemed keys status
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function status( array $args, array $flags ): void {
		try {
			$status = $this->bridge->vault_status();
			$due    = $this->rotation->run( true );
		} catch ( BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		$row = array(
			'source'      => $status['source'],
			'key_id'      => $status['key_id'],
			'other_key'   => $due->resealed(),
			'current_key' => array_sum( array_column( $due->rows(), 'current' ) ),
		);
		\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', array( $row ), array_keys( $row ) );
		if ( 'none' === $status['source'] ) {
			\WP_CLI::halt( 1 );
		}
	}

	/**
	 * Makes a key. Prints the line for wp-config.php, or writes it there.
	 *
	 * ## OPTIONS
	 *
	 * [--write]
	 * : Write it into wp-config.php, and print nothing of it. A key that is there already stays.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed keys generate --write
	 *     Success: The key is in wp-config.php. Now run: wp kivicare-telemed keys rotate
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function generate( array $args, array $flags ): void {
		$line = KeyFile::line();
		if ( ! isset( $flags['write'] ) ) {
			\WP_CLI::line( $line );
			return;
		}
		try {
			$this->file->add( $line );
		} catch ( \RuntimeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( 'The key is in wp-config.php. Now run: wp kivicare-telemed keys rotate' );
	}

	/**
	 * Seals every secret again under the current key. Earlier keys must still be there: in
	 * KIVICARE_TELEMED_RETIRED_KEYS, or the WordPress salts. Run it again until nothing fails; then they can go. Ends
	 * with 1 when something failed.
	 *
	 * ## OPTIONS
	 *
	 * [--dry-run]
	 * : Only count.
	 *
	 * [--porcelain]
	 * : Print the number of resealed secrets alone.
	 *
	 * [--format=<format>]
	 * : table, csv, json or yaml.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed keys rotate --dry-run
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function rotate( array $args, array $flags ): void {
		$report = $this->rotation->run( isset( $flags['dry-run'] ) );
		if ( isset( $flags['porcelain'] ) ) {
			\WP_CLI::line( (string) $report->resealed() );
		} else {
			\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', $report->rows(), array( 'place', 'resealed', 'current', 'failed', 'reason' ) );
		}
		if ( $report->failed() > 0 ) {
			\WP_CLI::halt( 1 );
		}
	}
}
