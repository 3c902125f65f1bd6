<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Native;

/**
 * A MariaDB of a test's own, with TLS from a private CA. It listens on a socket that no php.ini knows and on loopback.
 */
final class DatabaseServer {

	public const PASSWORD = 'db-secret-pw';

	public readonly string $folder;
	public readonly int $port;

	/**
	 * The server's process.
	 *
	 * @var resource|null
	 */
	private $process = null;

	public function __construct() {
		$this->folder = sys_get_temp_dir() . '/telemed-reach-' . getmypid();
		mkdir( $this->folder, 0700 );
		$listener = stream_socket_server( 'tcp://127.0.0.1:0' );
		$this->port = (int) substr( (string) strrchr( (string) stream_socket_get_name( $listener, false ), ':' ), 1 );
		fclose( $listener );
		$this->authority( 'ca' );
		$this->authority( 'other' );
		$this->certificate( 'server', 'subjectAltName=IP:127.0.0.1' );
		$this->certificate( 'old', null );
		self::run( 'mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --user=%s --datadir=%s', self::user(), $this->file( 'data' ) );
	}

	/**
	 * Starts it, with other flags than before.
	 */
	public function start( string ...$flags ): void {
		$this->stop();
		$command = array( 'mariadbd', '--no-defaults', '--user=' . self::user(), '--datadir=' . $this->file( 'data' ), '--socket=' . $this->socket(), '--port=' . $this->port, '--bind-address=127.0.0.1', '--skip-name-resolve', '--innodb-buffer-pool-size=16M', '--plugin-load-add=auth_ed25519', ...$flags );
		$log     = array( 'file', $this->file( 'log' ), 'a' );
		$this->process = proc_open( $command, array( 0 => array( 'file', '/dev/null', 'r' ), 1 => $log, 2 => $log ), $pipes ) ?: null;
		for ( $i = 0; $i < 600; $i++ ) {
			try {
				$this->query( 'SELECT 1' );
				return;
			} catch ( \PDOException ) {
				usleep( 100_000 );
			}
		}
		throw new \RuntimeException( (string) file_get_contents( $this->file( 'log' ) ) );
	}

	/**
	 * Starts it with the certificate of this name.
	 */
	public function start_with( string $certificate ): void {
		$this->start( '--ssl-cert=' . $this->file( "$certificate.pem" ), '--ssl-key=' . $this->file( "$certificate.key" ) );
	}

	public function stop(): void {
		if ( null !== $this->process ) {
			proc_terminate( $this->process );
			proc_close( $this->process );
			$this->process = null;
		}
	}

	public function remove(): void {
		$this->stop();
		self::run( 'rm -rf %s', $this->folder );
	}

	public function query( string $sql ): void {
		( new \PDO( 'mysql:unix_socket=' . $this->socket(), 'root', '' ) )->exec( $sql );
	}

	/**
	 * A user with rights on the database "clinic".
	 */
	public function grant( string $user, string $how, string $more = '' ): void {
		$this->query( "CREATE DATABASE IF NOT EXISTS clinic; CREATE OR REPLACE USER $user@'%' IDENTIFIED $how $more; GRANT ALL ON clinic.* TO $user@'%'" );
	}

	public function socket(): string {
		return $this->file( 'db.sock' );
	}

	public function file( string $name ): string {
		return "{$this->folder}/$name";
	}

	private function authority( string $name ): void {
		self::run( 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj %s -keyout %s -out %s', "/CN=Private CA $name", $this->file( "$name.key" ), $this->file( "$name.pem" ) );
	}

	/**
	 * Of version 1 without extensions, as older instructions make them.
	 */
	private function certificate( string $name, ?string $extensions ): void {
		self::run( 'openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout %s -out %s', $this->file( "$name.key" ), $this->file( "$name.csr" ) );
		file_put_contents( $this->file( 'extensions' ), $extensions ?? '' );
		$sign = 'openssl x509 -req -days 2 -in %s -CA %s -CAkey %s -CAcreateserial -out %s' . ( null === $extensions ? '' : ' -extfile ' . escapeshellarg( $this->file( 'extensions' ) ) );
		self::run( $sign, $this->file( "$name.csr" ), $this->file( 'ca.pem' ), $this->file( 'ca.key' ), $this->file( "$name.pem" ) );
	}

	private static function user(): string {
		return (string) ( posix_getpwuid( posix_geteuid() )['name'] ?? 'root' );
	}

	private static function run( string $command, string ...$values ): void {
		exec( vsprintf( $command, array_map( 'escapeshellarg', $values ) ) . ' 2>&1', $output, $status );
		if ( 0 !== $status ) {
			throw new \RuntimeException( implode( "\n", $output ) );
		}
	}
}
