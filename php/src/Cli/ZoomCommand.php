<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Sets up the clinic's Zoom app.
 */
final class ZoomCommand {

	public function __construct(
		private readonly Settings $settings,
		private readonly Bridge $bridge
	) {}

	/**
	 * Saves the Zoom settings. The client secret is sealed at once.
	 *
	 * ## OPTIONS
	 *
	 * --auth-type=<type>
	 * : none, oauth (each doctor connects) or server-to-server (one account for the clinic).
	 *
	 * [--client-id=<id>]
	 * : Client id of the Zoom app.
	 *
	 * [--account-id=<id>]
	 * : Account id, for server-to-server.
	 *
	 * [--secret-stdin]
	 * : Read the client secret from standard input; never pass it as an argument.
	 *
	 * [--webhook-secret-stdin]
	 * : Read the secret token of the app's event subscription from standard input.
	 *
	 * [--personal-links=<yes|no>]
	 * : Give patients links of this site that check who is there and when, instead of Zoom's.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed zoom configure --auth-type=server-to-server --client-id=abc --account-id=def --secret-stdin < secret.txt
	 *     Success: Zoom is set to server-to-server.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function configure( array $args, array $flags ): void {
		if ( isset( $flags['secret-stdin'], $flags['webhook-secret-stdin'] ) ) {
			\WP_CLI::error( 'Give one secret at a time on standard input.' );
		}
		$changes = array( 'auth_type' => (string) $flags['auth-type'] );
		foreach ( array( 'client-id' => 'client_id', 'account-id' => 'account_id' ) as $flag => $field ) {
			if ( isset( $flags[ $flag ] ) ) {
				$changes[ $field ] = (string) $flags[ $flag ];
			}
		}
		if ( isset( $flags['personal-links'] ) ) {
			$changes['personal_links'] = 'yes' === strtolower( $flags['personal-links'] ) ? 'Yes' : 'No';
		}
		foreach ( array( 'secret-stdin' => 'client_secret', 'webhook-secret-stdin' => 'webhook_secret' ) as $flag => $field ) {
			if ( isset( $flags[ $flag ] ) ) {
				$changes[ $field ] = trim( (string) stream_get_contents( STDIN ) );
			}
		}
		try {
			$this->settings->save_zoom( $this->bridge, $changes );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( "Zoom is set to {$changes['auth_type']}." );
	}
}
