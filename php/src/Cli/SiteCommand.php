<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Site\Addresses;
use KiviCare\Telemed\Site\Decisions;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\HeldConstants;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Site\SiteState;

/**
 * Which site this is: the confirmed one, at a new address, or a copy.
 */
final class SiteCommand {

	public function __construct( private readonly Decisions $decisions ) {}

	/**
	 * Shows what is confirmed and what is now. Ends with 1 while the plugin is paused.
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
	 *     $ wp kivicare-telemed site status
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function status( array $args, array $flags ): void {
		$state  = Identity::state();
		$facts  = Facts::now();
		$record = Record::stored();
		$rows   = array(
			'state'                 => $state->value,
			'addresses'             => implode( ' ', $facts->addresses() ),
			'confirmed_addresses'   => implode( ' ', $record->addresses ?? array() ),
			'environment'           => $facts->environment,
			'confirmed_environment' => $record->environment ?? '',
			'confirmed_at'          => null === $record ? '' : gmdate( 'Y-m-d H:i:s', $record->at ),
			'constants'             => HeldConstants::are_held() ? 'not used: they came along with a copy' : 'used',
		);
		\WP_CLI\Utils\format_items( $flags['format'] ?? 'table', array_map( static fn( string $item, string $value ): array => compact( 'item', 'value' ), array_keys( $rows ), array_values( $rows ) ), array( 'item', 'value' ) );
		if ( SiteState::Confirmed !== $state ) {
			\WP_CLI::halt( 1 );
		}
	}

	/**
	 * The site has moved: it is here now, and nowhere else. Catches up with everything that waited, mails links that come
	 * late, lists visits that began without one, and names the addresses to register again at Zoom and Google. On a
	 * confirmed copy it lets the credentials in wp-config.php count.
	 *
	 * ## OPTIONS
	 *
	 * [--yes]
	 * : Do not ask.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed site confirm --yes
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function confirm( array $args, array $flags ): void {
		\WP_CLI::confirm( sprintf( 'Is %s the site itself, and no copy of it is at work elsewhere?', Facts::now()->home() ), $flags );
		$this->tell( $this->decisions->moved() );
	}

	/**
	 * The site has this address besides the ones it has.
	 *
	 * ## OPTIONS
	 *
	 * [<address>]
	 * : The address; without it the present one.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed site add https://praxis.example
	 *
	 * @param list<string> $args Address.
	 */
	public function add( array $args ): void {
		$url = $args[0] ?? '';
		if ( '' !== $url && '' === Addresses::normalise( $url ) ) {
			\WP_CLI::error( 'That is not an address.' );
		}
		$this->tell( $this->decisions->also( $url ) );
	}

	/**
	 * This is a copy: it becomes a site of its own. Connections, secrets, channels, meetings and waiting work of the
	 * original are forgotten here, and nothing is sent to anybody.
	 *
	 * ## OPTIONS
	 *
	 * [--yes]
	 * : Do not ask.
	 *
	 * ## EXAMPLES
	 *
	 *     # After loading production's database into staging.
	 *     $ wp kivicare-telemed site copy --yes
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function copy( array $args, array $flags ): void {
		\WP_CLI::confirm( sprintf( 'Is %s a copy? All connections of doctors are dropped on this site.', Facts::now()->home() ), $flags );
		try {
			$this->tell( $this->decisions->copy() );
		} catch ( BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() . '. Please try again.' );
		}
	}

	/**
	 * Prints what came of it.
	 *
	 * @param list<string> $lines Lines.
	 */
	private function tell( array $lines ): void {
		array_map( array( 'WP_CLI', 'log' ), array_slice( $lines, 1 ) );
		\WP_CLI::success( $lines[0] ?? '' );
		if ( SiteState::Confirmed !== Identity::state() ) {
			\WP_CLI::warning( 'The plugin is still paused; see "wp kivicare-telemed site status".' );
		}
	}
}
