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
			$counted = $this->bridge->counts_sessions();
		} catch ( BridgeException $error ) {
			return $this->result(
				'critical',
				__( 'The telemed extension cannot reach the database', 'kivicare-telemed' ),
				array_values( array_filter( array( $error->getMessage(), __( 'Bookings are accepted, but meetings have to wait.', 'kivicare-telemed' ), self::drop_in() ) ) )
			);
		}
		if ( ! $counted ) {
			return $this->result( 'recommended', __( 'The telemed extension cannot count its database connections', 'kivicare-telemed' ), array( self::uncounted() ) );
		}
		return $this->result( 'good', __( 'The telemed extension reaches the database', 'kivicare-telemed' ), array( __( 'The extension\'s own connection works.', 'kivicare-telemed' ) ) );
	}

	/**
	 * WordPress' connection may be another than wp-config.php says.
	 */
	private static function drop_in(): string {
		return is_readable( WP_CONTENT_DIR . '/db.php' )
			? __( 'This site has a file wp-content/db.php, which can connect WordPress to other servers than wp-config.php names. The extension connects to DB_HOST with DB_USER and DB_PASSWORD: let them name the server that is written to.', 'kivicare-telemed' )
			: '';
	}

	/**
	 * Where our processes would count: a folder beside PHP's own temporary files, as the system's environment names it.
	 */
	private static function uncounted(): string {
		$folder = function_exists( 'getenv' ) ? (string) getenv( 'TMPDIR' ) : '';
		/* translators: %s: folder. */
		return sprintf( __( 'Video visits work. But PHP\'s processes keep count of their database connections by files in %s, and cannot write or lock them there; at peak times they may take connections that visitors need. Let PHP\'s user write to that folder, or set TMPDIR for PHP to one where it may.', 'kivicare-telemed' ), '' === $folder ? '/tmp' : $folder );
	}

	protected function id(): string {
		return 'kivicare_telemed_database';
	}
}
