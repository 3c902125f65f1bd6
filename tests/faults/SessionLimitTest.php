<?php

declare(strict_types=1);

/**
 * The site's database account may have 15 connections at once, as at many hosts: eight workers, eight bookings at once, and
 * visitors who only want a page. Our own sessions give way.
 */
final class SessionLimitTest extends RigTestCase {

	private const LIMIT   = 15;
	private const ROUNDS  = 6;
	private const ACCOUNT = 'limited';

	private PDO $root;

	private string $config = '';

	protected function setUp(): void {
		parent::setUp();
		$this->root   = new PDO( 'mysql:unix_socket=' . getenv( 'TELEMED_DB_SOCKET' ) . ';dbname=telemed', 'root', '', array( PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION ) );
		$this->config = (string) file_get_contents( $this->config_file() );
		$this->root->exec( 'CREATE USER ' . self::ACCOUNT . "@localhost IDENTIFIED BY 'made-up'" );
		$this->root->exec( 'GRANT ALL ON telemed.* TO ' . self::ACCOUNT . '@localhost WITH MAX_USER_CONNECTIONS ' . self::LIMIT );
		$this->serve( (string) preg_replace( array( "/(define\( 'DB_USER', ).*( \);)/", "/(define\( 'DB_PASSWORD', ).*( \);)/" ), array( '$1\'' . self::ACCOUNT . '\'$2', '$1\'made-up\'$2' ), $this->config ) );
	}

	protected function tearDown(): void {
		$this->serve( $this->config );
		$this->root->exec( 'DROP USER ' . self::ACCOUNT . '@localhost' );
		parent::tearDown();
	}

	public function test_visitors_come_first(): void {
		$this->begin();
		$pages   = 0;
		$refused = array();
		for ( $round = 0; $round < self::ROUNDS; $round++ ) {
			$bookings = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 8 ) );
			$visitors = new Browser( $this->site->url );
			$answers  = $this->admin->rest_beside( 'kivicare/v1/appointments', $bookings, $visitors, '/' );
			foreach ( $answers['calls'] as $answer ) {
				self::assertSame( 201, $answer['status'], $answer['body'] );
			}
			$pages  += count( $answers['pages'] );
			$refused = array( ...$refused, ...array_filter( $answers['pages'], static fn( array $page ): bool => $page['status'] >= 400 ) );
		}
		printf( "\nRESULT visitors_refused_at_session_limit %d visitors\n", count( $refused ) );
		self::assertGreaterThan( 8 * self::ROUNDS, $pages );
		self::assertSame( array(), array_column( $refused, 'body' ) );

		// Visits that found no session to spare get their meetings from the runs that follow.
		$late = $this->compare()['lost'];
		$this->eventually(
			function (): bool {
				$this->settle( 1 );
				return 0 === $this->compare()['lost'];
			},
			'every visit has its meeting',
			300
		);
		self::assertSame( array( 'visits' => 8 * self::ROUNDS, 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 ), $this->compare(), "$late late" );
		printf( "\nRESULT meetings_late_at_session_limit %d meetings\n", $late );
		$this->eventually( fn(): bool => 0 === $this->sessions(), 'no session outlives the work', 60 );
	}

	private function sessions(): int {
		return (int) $this->root->query( "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '" . self::ACCOUNT . "'" )->fetchColumn();
	}

	/**
	 * Lets the workers read another wp-config.php.
	 */
	private function serve( string $config ): void {
		file_put_contents( $this->config_file(), $config );
		posix_kill( (int) file_get_contents( $this->site->run . '/fpm.pid' ), SIGUSR2 );
		$this->eventually( fn(): bool => 200 === ( new Browser( $this->site->url ) )->send( 'GET', '/wp-login.php' )['status'], 'the site is up', 60 );
	}

	private function config_file(): string {
		return getenv( 'WORDPRESS_PATH' ) . '/wp-config.php';
	}
}
