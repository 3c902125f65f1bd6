<?php

declare(strict_types=1);

/**
 * Ways in which the extension's own connection to the database is refused, while WordPress' works.
 */
final class NativeSide {

	private const FEW = 'telemed_few';

	/**
	 * The one session that the limited user may have.
	 */
	private ?PDO $held = null;

	/**
	 * A server that cannot do TLS, or never answers.
	 *
	 * @var resource|null
	 */
	private $server = null;

	public function __construct( private readonly Site $site ) {}

	/**
	 * @return array<string, array{string}>
	 */
	public static function ways(): array {
		return array( 'socket' => array( 'socket' ), 'password' => array( 'password' ), 'limit' => array( 'limit' ), 'tls' => array( 'tls' ) );
	}

	/**
	 * From now on the extension is refused.
	 *
	 * @param bool $both Our second connection in PHP, too.
	 */
	public function refuse( string $way, bool $both = false ): void {
		$socket   = (string) getenv( 'TELEMED_DB_SOCKET' );
		$settings = match ( $way ) {
			'socket'   => array( 'DB_HOST' => "localhost:$socket.elsewhere" ),
			'password' => array( 'DB_PASSWORD' => 'not the password' ),
			'limit'    => $this->limited( $socket ),
			'tls'      => $this->untrusted(),
			'silent'   => array( 'DB_HOST' => $this->serve( 'silent.php' ) ),
		};
		file_put_contents( $this->site->run . '/native-db.json', (string) json_encode( $settings ) );
		$both && touch( $this->site->run . '/native-db.also' );
	}

	/**
	 * The connection is back.
	 */
	public function admit(): void {
		@unlink( $this->site->run . '/native-db.json' );
		@unlink( $this->site->run . '/native-db.also' );
		@unlink( $this->site->run . '/silent' );
		$this->held = null;
		if ( is_resource( $this->server ) ) {
			proc_terminate( $this->server );
			proc_close( $this->server );
		}
		$this->server = null;
	}

	/**
	 * A user with one session, which is taken.
	 *
	 * @return array<string, string>
	 */
	private function limited( string $socket ): array {
		$root = new PDO( "mysql:unix_socket=$socket", 'root', '' );
		$name = (string) getenv( 'TELEMED_TEST_DB_NAME' );
		$root->exec( 'CREATE OR REPLACE USER ' . self::FEW . "@localhost IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 1" );
		$root->exec( "GRANT ALL ON `$name`.* TO " . self::FEW . '@localhost' );
		$this->held = new PDO( "mysql:unix_socket=$socket;dbname=$name", self::FEW, 'few' );
		return array( 'DB_USER' => self::FEW, 'DB_PASSWORD' => 'few' );
	}

	/**
	 * A server that offers TLS and then cannot. By TCP: on a socket TLS is not needed.
	 *
	 * @return array<string, string|int>
	 */
	private function untrusted(): array {
		return array( 'DB_HOST' => $this->serve( 'no-tls.php' ), 'MYSQL_CLIENT_FLAGS' => 2048 );
	}

	/**
	 * Starts a server, and tells its address.
	 */
	private function serve( string $script ): string {
		$this->server = proc_open( array( PHP_BINARY, '-n', __DIR__ . '/' . $script, $this->site->run . '/silent' ), array( 1 => array( 'pipe', 'w' ) ), $pipes );
		return trim( (string) fgets( $pipes[1] ) );
	}

	/**
	 * How often the server that never answers was asked.
	 */
	public function asked(): int {
		return (int) @file_get_contents( $this->site->run . '/silent' );
	}
}
