<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Native;

use PHPUnit\Framework\TestCase;

/**
 * The extension reaches the database exactly where WordPress does. Each case runs WordPress' own wpdb and the extension side
 * by side in a process of their own, with the same constants and the same php.ini.
 *
 * @group native
 */
final class DatabaseReachTest extends TestCase {

	private const SSL    = MYSQLI_CLIENT_SSL;
	private const VERIFY = MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT;

	private static DatabaseServer $server;

	public static function setUpBeforeClass(): void {
		self::$server = new DatabaseServer();
		self::$server->start_with( 'server' );
		self::$server->grant( 'plain', 'BY ' . "'" . DatabaseServer::PASSWORD . "'" );
		self::$server->grant( 'encrypted', 'BY ' . "'" . DatabaseServer::PASSWORD . "'", 'REQUIRE SSL' );
		self::$server->grant( 'single', 'BY ' . "'" . DatabaseServer::PASSWORD . "'", 'WITH MAX_USER_CONNECTIONS 1' );
		self::$server->grant( 'eddy', "VIA ed25519 USING PASSWORD('" . DatabaseServer::PASSWORD . "')" );
	}

	public static function tearDownAfterClass(): void {
		self::$server->remove();
	}

	/**
	 * What the settings say, with SOCKET, PORT and FOLDER for the server's.
	 *
	 * @dataProvider places
	 * @param array<string, string|int> $ini       Settings of php.ini.
	 * @param array<string, string|int> $constants Constants of wp-config.php.
	 */
	public function test_both_get_through_or_neither( bool $expected, string $host, array $ini = array(), array $constants = array() ): void {
		$answer = self::reach( array( 'DB_HOST' => $host ) + $constants, $ini );
		self::assertSame( array( $expected, $expected ), array( $answer['wordpress'], $answer['extension'] ), $answer['message'] );
	}

	/**
	 * @return array<string, array<int, mixed>>
	 */
	public static function places(): array {
		$socket = array( 'mysqli.default_socket' => 'SOCKET' );
		$tls    = static fn( int $flags ): array => array( 'DB_USER' => 'encrypted', 'MYSQL_CLIENT_FLAGS' => $flags );
		$ca     = array( 'openssl.cafile' => 'FOLDER/ca.pem' );
		return array(
			'localhost, socket from php.ini'   => array( true, 'localhost', $socket ),
			'its spelling'                     => array( true, 'LOCALHOST', $socket ),
			'its port does not count'          => array( true, 'localhost:1', $socket ),
			'no host, socket from php.ini'     => array( true, '', $socket ),
			'localhost, another socket'        => array( false, 'localhost', array( 'mysqli.default_socket' => '/nonexistent/db.sock' ) ),
			'localhost, no TCP instead'        => array( false, 'localhost:PORT', array( 'mysqli.default_socket' => '/nonexistent/db.sock' ) ),
			'socket in DB_HOST'                => array( true, 'localhost:SOCKET' ),
			'socket in DB_HOST wins'           => array( false, 'localhost:/nonexistent/db.sock', $socket ),
			'socket alone'                     => array( true, ':SOCKET' ),
			'address and port'                 => array( true, '127.0.0.1:PORT' ),
			'address, port from php.ini'       => array( true, '127.0.0.1', array( 'mysqli.default_port' => 'PORT' ) ),
			'address, wrong port'              => array( false, '127.0.0.1:1', array( 'mysqli.default_port' => 'PORT' ) ),
			'port beyond 65535'                => array( true, '127.0.0.1:WRAPPED' ),
			'host and port from php.ini'       => array( true, '', array( 'mysqli.default_host' => '127.0.0.1', 'mysqli.default_port' => 'PORT' ) ),
			'host from php.ini, port here'     => array( true, ':PORT', array( 'mysqli.default_host' => '127.0.0.1' ) ),
			'persistent'                       => array( true, 'p:127.0.0.1:PORT' ),
			'unknown name'                     => array( false, 'nobody.invalid:PORT' ),
			'name with underscore'             => array( false, 'no_body.invalid:PORT' ),
			'nobody listens'                   => array( false, '127.0.0.1:1' ),
			'wrong password'                   => array( false, '127.0.0.1:PORT', array(), array( 'DB_PASSWORD' => 'wrong' ) ),
			'TLS needed, none asked for'       => array( false, '127.0.0.1:PORT', array(), $tls( 0 ) ),
			'TLS'                              => array( true, '127.0.0.1:PORT', array(), $tls( self::SSL ) ),
			'TLS, check waived'                => array( true, '127.0.0.1:PORT', array(), $tls( self::SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT ) ),
			'TLS, checked, CA unknown'         => array( false, '127.0.0.1:PORT', array(), $tls( self::VERIFY ) ),
			'TLS, checked, although waived'    => array( false, '127.0.0.1:PORT', array(), $tls( self::VERIFY | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT ) ),
			'TLS, checked, CA from php.ini'    => array( true, '127.0.0.1:PORT', $ca, $tls( self::VERIFY ) ),
			'TLS, checked, other CA'           => array( false, '127.0.0.1:PORT', array( 'openssl.cafile' => 'FOLDER/other.pem' ), $tls( self::VERIFY ) ),
			'checking alone encrypts nothing'  => array( false, '127.0.0.1:PORT', $ca, $tls( MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT ) ),
			'the other flags'                  => array( true, '127.0.0.1:PORT', array(), array( 'MYSQL_CLIENT_FLAGS' => MYSQLI_CLIENT_COMPRESS | MYSQLI_CLIENT_FOUND_ROWS | MYSQLI_CLIENT_IGNORE_SPACE | MYSQLI_CLIENT_INTERACTIVE ) ),
			'php.ini may not be read'          => array( true, '127.0.0.1:PORT', array( 'disable_functions' => 'ini_get,getenv' ) ),
			'a login that PHP does not know'   => array( false, '127.0.0.1:PORT', array(), array( 'DB_USER' => 'eddy' ) ),
		);
	}

	/**
	 * Constants of ours for the database.
	 *
	 * @dataProvider authorities
	 * @param array<string, string|int> $constants Constants of wp-config.php.
	 */
	public function test_a_private_authority_is_trusted_besides( ?string $complaint, array $constants ): void {
		$answer = self::reach( array( 'DB_HOST' => '127.0.0.1:PORT', 'DB_USER' => 'encrypted' ) + $constants );
		self::assertSame( null === $complaint, $answer['extension'], $answer['message'] );
		self::assertStringContainsString( (string) $complaint, $answer['message'] );
	}

	/**
	 * @return array<string, array{?string, array<string, string|int>}>
	 */
	public static function authorities(): array {
		$ours = 'KIVICARE_TELEMED_DB_CA_FILE';
		$all  = 'KIVICARE_TELEMED_CA_FILE';
		return array(
			'for the database'                     => array( null, array( 'MYSQL_CLIENT_FLAGS' => self::SSL, $ours => 'FOLDER/ca.pem' ) ),
			'it encrypts by itself'                => array( null, array( $ours => 'FOLDER/ca.pem' ) ),
			'another authority'                    => array( $ours, array( $ours => 'FOLDER/other.pem' ) ),
			'it does not exist'                    => array( 'FOLDER/no.pem does not exist', array( $ours => 'FOLDER/no.pem' ) ),
			'it is no certificate'                 => array( 'holds no certificate', array( $ours => 'FOLDER/ca.key' ) ),
			'for everything, checked'              => array( null, array( 'MYSQL_CLIENT_FLAGS' => self::VERIFY, $all => 'FOLDER/ca.pem' ) ),
			'for everything, checks nothing alone' => array( null, array( 'MYSQL_CLIENT_FLAGS' => self::SSL, $all => 'FOLDER/other.pem' ) ),
			'both'                                 => array( null, array( $ours => 'FOLDER/other.pem', $all => 'FOLDER/ca.pem' ) ),
			'nobody knows it'                      => array( 'TLS', array( 'MYSQL_CLIENT_FLAGS' => self::VERIFY ) ),
		);
	}

	/**
	 * Every cause has its own text, without the password.
	 */
	public function test_every_cause_is_named(): void {
		$held  = new \PDO( 'mysql:host=127.0.0.1;port=' . self::$server->port, 'single', DatabaseServer::PASSWORD );
		$here  = array( 'DB_HOST' => '127.0.0.1:PORT' );
		$texts = array();
		foreach ( array(
			'does not listen'     => array( 'DB_HOST' => '127.0.0.1:1' ),
			'socket does not'     => array( 'DB_HOST' => 'localhost:/nonexistent/db.sock' ),
			'name of the'         => array( 'DB_HOST' => 'nobody.invalid' ),
			'database error 1045' => $here + array( 'DB_PASSWORD' => 'wrong-secret' ),
			'database error 1044' => $here + array( 'DB_NAME' => 'nowhere' ),
			'database error 1226' => $here + array( 'DB_USER' => 'single' ),
			'kind of login'       => $here + array( 'DB_USER' => 'eddy' ),
			'DB_CA_FILE'          => $here + array( 'MYSQL_CLIENT_FLAGS' => self::VERIFY ),
		) as $part => $constants ) {
			$answer = self::reach( $constants );
			self::assertFalse( $answer['extension'], $part );
			self::assertStringContainsString( $part, $answer['message'] );
			self::assertStringNotContainsString( 'secret', $answer['message'] );
			$texts[] = $answer['message'];
		}
		self::assertSame( $texts, array_unique( $texts ) );
		self::assertNotNull( $held );
	}

	public function test_a_server_without_tls_is_refused_by_both_where_it_is_asked_for(): void {
		self::$server->start();
		try {
			$answer = self::reach( array( 'DB_HOST' => '127.0.0.1:PORT', 'MYSQL_CLIENT_FLAGS' => self::SSL ) );
			self::assertSame( array( false, false ), array( $answer['wordpress'], $answer['extension'] ) );
			self::assertStringContainsString( 'offers no encryption', $answer['message'] );
			$answer = self::reach( array( 'DB_HOST' => '127.0.0.1:PORT' ) );
			self::assertSame( array( true, true ), array( $answer['wordpress'], $answer['extension'] ), $answer['message'] );
		} finally {
			self::$server->start_with( 'server' );
		}
	}

	/**
	 * The one known difference: OpenSSL takes certificates of version 1. The text says what to do.
	 */
	public function test_a_certificate_of_version_1_is_named(): void {
		self::$server->start_with( 'old' );
		try {
			$answer = self::reach( array( 'DB_HOST' => '127.0.0.1:PORT', 'MYSQL_CLIENT_FLAGS' => self::SSL ) );
			self::assertTrue( $answer['wordpress'] );
			self::assertFalse( $answer['extension'] );
			self::assertStringContainsString( 'X.509 version 3', $answer['message'] );
		} finally {
			self::$server->start_with( 'server' );
		}
	}

	/**
	 * @param array<string, string|int> $constants Constants of wp-config.php.
	 * @param array<string, string|int> $ini       Settings of php.ini.
	 * @return array{wordpress: bool, extension: bool, message: string}
	 */
	private static function reach( array $constants, array $ini = array() ): array {
		$given   = array( 'FOLDER' => self::$server->folder, 'SOCKET' => self::$server->socket(), 'PORT' => (string) self::$server->port, 'WRAPPED' => (string) ( self::$server->port + 65536 ) );
		$fill    = static fn( $value ) => is_string( $value ) ? strtr( $value, $given ) : $value;
		$fixed   = array( 'DB_USER' => 'plain', 'DB_PASSWORD' => DatabaseServer::PASSWORD, 'DB_NAME' => 'clinic' );
		$command = array( PHP_BINARY, '-d', 'extension=' . ( getenv( 'TELEMED_EXTENSION_FILE' ) ?: dirname( __DIR__, 3 ) . '/target/debug/libkivicare_telemed.so' ) );
		foreach ( array_map( $fill, $ini ) as $name => $value ) {
			array_push( $command, '-d', "$name=$value" );
		}
		array_push( $command, __DIR__ . '/reach.php', (string) json_encode( array_map( $fill, $constants + $fixed ) ) );
		$process = proc_open( $command, array( 1 => array( 'pipe', 'w' ), 2 => array( 'file', '/dev/null', 'w' ) ), $pipes );
		$printed = (string) stream_get_contents( $pipes[1] );
		proc_close( $process );
		$answer            = (array) json_decode( $printed, true, 4, JSON_THROW_ON_ERROR );
		$answer['message'] = strtr( (string) $answer['message'], array( self::$server->folder => 'FOLDER' ) );
		return $answer;
	}
}
