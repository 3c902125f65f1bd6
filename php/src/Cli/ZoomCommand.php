<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Sets up the clinic's Zoom app.
 */
final class ZoomCommand {

	public function __construct(
		private readonly Settings $settings,
		private readonly Bridge $bridge,
		private readonly DoctorConnections $doctors,
		private readonly ZoomOffers $offers
	) {}

	/**
	 * Tries the server-to-server app: credentials, scopes and, for a doctor, the Zoom user. Ends with 1 when it does not
	 * work. With OAuth there is nothing to try before a doctor consents.
	 *
	 * ## OPTIONS
	 *
	 * [--doctor=<id>]
	 * : A doctor, with their own app where there is one.
	 *
	 * [--porcelain]
	 * : Print "ok" or the reason alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed zoom test --doctor=12
	 *     Success: Zoom works.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function test( array $args, array $flags ): void {
		$doctor = (int) ( $flags['doctor'] ?? 0 );
		$own    = $doctor > 0 ? $this->doctors->own_app( $doctor ) : null;
		if ( null === $own && AuthType::ServerToServer !== $this->settings->auth_type() ) {
			\WP_CLI::error( 'There is no server-to-server app to try. With OAuth each doctor connects in the dashboard, which tells what is wrong.' );
		}
		$keys = array_intersect_key( $own ?? $this->settings->zoom(), array_flip( array( 'account_id', 'client_id', 'client_secret' ) ) );
		if ( in_array( '', $keys, true ) ) {
			\WP_CLI::error( 'Account id, client id and client secret are all needed. See: wp help kivicare-telemed zoom configure' );
		}
		$host = $doctor > 0 ? $this->doctors->zoom_user( $doctor ) : '';
		if ( $doctor > 0 && '' === $host ) {
			\WP_CLI::error( 'No Zoom user is approved for the doctor. See: wp help kivicare-telemed doctors share' );
		}
		Verdict::show( fn(): array => $this->bridge->probe( $keys + array( 'doctor_id' => null === $own ? 0 : $doctor, 'host' => $host ) ), 'Zoom works.', isset( $flags['porcelain'] ) );
	}

	/**
	 * Saves the Zoom settings. The client secret is sealed at once. A server-to-server app must get a token from Zoom first;
	 * then the clinic's doctors are offered through it.
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
	 * [--doctors=<which>]
	 * : Whom a server-to-server app offers: "all" (new ones that an administrator adds, too), "present" (all there are now;
	 * the default) or "choice" (see "doctors share").
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
		foreach ( array( 'client-id' => 'client_id', 'account-id' => 'account_id', 'doctors' => 'doctors' ) as $flag => $field ) {
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
			OfferLines::show( $this->offers->after_saving() );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( "Zoom is set to {$changes['auth_type']}." );
	}
}
