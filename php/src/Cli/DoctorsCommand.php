<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Connect\Disconnection;

/**
 * Connects doctors to Zoom.
 */
final class DoctorsCommand {

	public function __construct(
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection
	) {}

	/**
	 * Connects a doctor with the tokens of the doctor's own Zoom account, read from standard input as JSON.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors connect 12 < tokens.json
	 *     Success: Doctor 12 is connected to Zoom.
	 *
	 * @param list<string> $args User id.
	 */
	public function connect( array $args ): void {
		$this->run(
			(int) $args[0],
			fn( int $id ) => $this->doctors->connect( $id, (string) stream_get_contents( STDIN ) ),
			'Doctor %d is connected to Zoom.'
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
	 * Ends a doctor's own connection: future meetings are deleted, the tokens revoked at Zoom and deleted here.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors disconnect 12
	 *     Success: Doctor 12 is disconnected from Zoom.
	 *
	 * @param list<string> $args User id.
	 */
	public function disconnect( array $args ): void {
		$this->run(
			(int) $args[0],
			function ( int $id ): void {
				if ( ! $this->disconnection->disconnect( $id ) ) {
					\WP_CLI::warning( 'Zoom could not confirm it; the doctor should remove the app under "Added Apps" too.' );
				}
			},
			'Doctor %d is disconnected from Zoom.'
		);
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
