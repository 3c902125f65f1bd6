<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * The extension has a database connection of its own, which can fail while WordPress' works.
 */
final class DatabaseCheck extends HealthTest {

	public function __construct( private readonly Bridge $bridge ) {}

	public function run(): array {
		try {
			$this->bridge->ping();
		} catch ( BridgeException $error ) {
			return $this->result(
				'critical',
				__( 'The telemed extension cannot reach the database', 'kivicare-telemed' ),
				array( $error->getMessage(), __( 'Bookings are accepted, but meetings have to wait. Check that the database takes more connections, and that the server may reach it as wp-config.php says.', 'kivicare-telemed' ) )
			);
		}
		return $this->result( 'good', __( 'The telemed extension reaches the database', 'kivicare-telemed' ), array( __( 'The extension\'s own connection works.', 'kivicare-telemed' ) ) );
	}

	protected function id(): string {
		return 'kivicare_telemed_database';
	}
}
