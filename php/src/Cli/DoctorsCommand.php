<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Connect\Disconnection;

/**
 * Connects doctors to Zoom and Google Meet.
 */
final class DoctorsCommand {

	public function __construct(
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection
	) {}

	/**
	 * Connects a doctor with the tokens of the doctor's own account, read from standard input as JSON.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 * ---
	 * default: zoom
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors connect 12 < tokens.json
	 *     Success: Doctor 12 is connected to Zoom.
	 *
	 * @param list<string>          $args  User id.
	 * @param array<string, string> $flags Flags.
	 */
	public function connect( array $args, array $flags = array() ): void {
		$provider = self::provider( $flags );
		$this->run(
			(int) $args[0],
			fn( int $id ) => $this->doctors->connect( $id, (string) stream_get_contents( STDIN ), $provider ),
			"Doctor %d is connected to {$provider->label()}."
		);
	}

	/**
	 * Lets the clinic's server-to-server account serve a doctor.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * [--zoom-user=<user>]
	 * : Zoom user id or e-mail. Default: the doctor's WordPress e-mail.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors share 12 --zoom-user=dr.mehta@clinic.example
	 *     Success: Doctor 12 uses the clinic's Zoom account.
	 *
	 * @param list<string>          $args  User id.
	 * @param array<string, string> $flags Flags.
	 */
	public function share( array $args, array $flags ): void {
		$this->run(
			(int) $args[0],
			fn( int $id ) => $this->doctors->use_clinic_account( $id, (string) ( $flags['zoom-user'] ?? '' ) ),
			"Doctor %d uses the clinic's Zoom account."
		);
	}

	/**
	 * Ends a doctor's own connection: future meetings are deleted, the tokens revoked at the provider and deleted here.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 * ---
	 * default: zoom
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors disconnect 12
	 *     Success: Doctor 12 is disconnected from Zoom.
	 *
	 * @param list<string>          $args  User id.
	 * @param array<string, string> $flags Flags.
	 */
	public function disconnect( array $args, array $flags = array() ): void {
		$provider = self::provider( $flags );
		$this->run(
			(int) $args[0],
			function ( int $id ) use ( $provider ): void {
				if ( ! $this->disconnection->disconnect( $id, $provider ) ) {
					\WP_CLI::warning( "{$provider->company()} could not confirm it; the doctor should remove the app in the account's settings too." );
				}
			},
			"Doctor %d is disconnected from {$provider->label()}."
		);
	}

	/**
	 * The provider a command is about.
	 *
	 * @param array<string, string> $flags Flags.
	 */
	private static function provider( array $flags ): Provider {
		$provider = Provider::tryFrom( (string) ( $flags['provider'] ?? 'zoom' ) );
		if ( null === $provider ) {
			\WP_CLI::error( 'The provider must be zoom or googlemeet.' );
		}
		return $provider;
	}

	private function run( int $id, \Closure $work, string $done ): void {
		try {
			$work( $id );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( sprintf( $done, $id ) );
	}
}
