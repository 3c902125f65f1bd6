<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * The site's database as wp-config.php names it, and what PHP's own client uses where wp-config.php leaves it open:
 * the extension's connection goes where WordPress' goes.
 */
final class DatabaseSettings {

	/**
	 * Where mysqlnd looks when it was built without a socket and php.ini names none.
	 */
	private const BARE_SOCKET = '/tmp/mysql.sock';

	public function __construct( private readonly \wpdb $wpdb, private readonly Constants $constants ) {}

	/**
	 * The section "db" of the extension's settings.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return array(
			'host'           => (string) DB_HOST,
			'user'           => (string) DB_USER,
			'password'       => (string) DB_PASSWORD,
			'name'           => (string) DB_NAME,
			'charset'        => '' !== (string) $this->wpdb->charset ? (string) $this->wpdb->charset : 'utf8mb4',
			'prefix'         => (string) $this->wpdb->prefix,
			'base_prefix'    => (string) $this->wpdb->base_prefix,
			'usermeta_table' => (string) $this->wpdb->usermeta,
			'client_flags'   => defined( 'MYSQL_CLIENT_FLAGS' ) ? (int) MYSQL_CLIENT_FLAGS : 0,
			'ca_file'        => $this->constants->text( 'DB_CA_FILE' ),
			'defaults'       => self::defaults(),
		);
	}

	/**
	 * What mysqli takes from php.ini. Without mysqli's settings the extension guesses.
	 *
	 * @return array<string, string|int|null>
	 */
	private static function defaults(): array {
		$socket = self::ini( 'mysqli.default_socket' );
		return array(
			'host'    => self::ini( 'mysqli.default_host' ) ?? '',
			'port'    => (int) self::ini( 'mysqli.default_port' ),
			'socket'  => '' === $socket ? self::BARE_SOCKET : $socket,
			'ca_file' => self::ini( 'openssl.cafile' ),
			'ca_dir'  => self::ini( 'openssl.capath' ),
		);
	}

	/**
	 * A setting of php.ini; null where it does not exist, or may not be read (disable_functions).
	 */
	private static function ini( string $name ): ?string {
		$value = function_exists( 'ini_get' ) ? ini_get( $name ) : false;
		return is_string( $value ) ? $value : null;
	}
}
