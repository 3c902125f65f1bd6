<?php

declare(strict_types=1);

/**
 * A clinic whose server reaches the world through a proxy, or only some of it: WP_PROXY_* and WP_HTTP_BLOCK_EXTERNAL hold
 * for providers as for WordPress' own requests.
 */
final class ProxyTest extends SiteTestCase {

	private const LOGIN = 'clinic:pr0xy-secret';

	private static string $served = '';

	private ClinicProxy $proxy;

	protected function setUp(): void {
		parent::setUp();
		$this->proxy = new ClinicProxy( $this->site->run, self::LOGIN );
		$this->serve( 'zoom' );
	}

	protected function tearDown(): void {
		$this->site->otherwise();
		$this->proxy->stop();
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	/**
	 * @dataProvider providers
	 */
	public function test_a_clinic_behind_a_proxy_books( string $provider ): void {
		$this->serve( $provider );
		$this->proxy->start();
		$this->behind();
		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		self::assertSame( array( array( 'zoom.sandbox.test:443', 200 ) ), array_unique( $this->proxy->passages(), SORT_REGULAR ) );

		// WordPress itself agrees about the way.
		$code = 'wp_remote_get( "https://zoom.sandbox.test/", array( "sslverify" => false ) );';
		$seen = count( $this->proxy->passages() );
		$this->site->php( $code );
		self::assertGreaterThan( $seen, count( $this->proxy->passages() ), 'wp_remote_get takes the same way' );
	}

	/**
	 * @return array<string, array{string}>
	 */
	public static function providers(): array {
		return array( 'Zoom' => array( 'zoom' ), 'Google Meet' => array( 'googlemeet' ) );
	}

	public function test_site_health_looks_through_the_proxy(): void {
		$this->proxy->start();
		$this->behind();
		self::assertSame( '1.3', $this->handshake() );
		self::assertSame( array( array( 'zoom.sandbox.test:443', 200 ) ), $this->proxy->passages() );
		$this->behind( array( 'WP_PROXY_PASSWORD' => 'wrong-secret' ) );
		self::assertStringContainsString( 'WP_PROXY_PASSWORD', $this->handshake() );
		$this->proxy->stop();
		self::assertStringContainsString( "127.0.0.1:{$this->proxy->port} does not answer", $this->handshake() );
	}

	public function test_hosts_on_the_list_are_reached_past_it(): void {
		$this->proxy->start();
		$this->behind( array( 'WP_PROXY_BYPASS_HOSTS' => 'other.example, *.sandbox.test' ) );
		$id = self::id( $this->book() );
		self::assertSame( 'unavailable', $this->waiting( $id )['reason'], 'nobody knows this name without the proxy' );
		self::assertSame( array(), $this->proxy->passages() );
		$this->behind();
		$this->catch_up( $id );
	}

	public function test_a_proxy_that_is_down_is_named_and_made_up_for(): void {
		$this->behind();
		$id  = self::id( $this->book() );
		$row = $this->waiting( $id );
		self::assertSame( 'unavailable', $row['reason'] );
		self::assertStringContainsString( "the proxy 127.0.0.1:{$this->proxy->port} does not answer", $row['message'] );
		self::assertStringContainsString( 'WP_PROXY_HOST', $row['message'] );
		$this->proxy->start();
		$this->catch_up( $id );
	}

	public function test_a_refused_login_is_told_and_not_repeated_in_the_request(): void {
		$this->proxy->start();
		$this->behind( array( 'WP_PROXY_PASSWORD' => 'wrong-secret' ) );
		$id  = self::id( $this->book() );
		$row = $this->waiting( $id );
		self::assertSame( 'blocked', $row['reason'] );
		self::assertStringContainsString( '407', $row['message'] );
		self::assertStringContainsString( 'WP_PROXY_PASSWORD', $row['message'] );
		self::assertLessThanOrEqual( (int) $row['attempts'], count( $this->proxy->passages() ), 'one request for each attempt' );
		self::assertSame( array( 407 ), array_unique( array_column( $this->proxy->passages(), 1 ) ) );
		$this->behind();
		$this->catch_up( $id );
		$this->expect_no_login();
	}

	public function test_a_blocked_provider_is_not_asked_until_it_is_allowed(): void {
		$this->proxy->start();
		$this->behind( array( 'WP_ACCESSIBLE_HOSTS' => 'api.wordpress.org' ) );
		$id  = self::id( $this->book() );
		$row = $this->waiting( $id );
		self::assertSame( 'blocked', $row['reason'] );
		self::assertStringContainsString( 'add zoom.sandbox.test to WP_ACCESSIBLE_HOSTS', $row['message'] );
		self::assertSame( array(), $this->proxy->passages() );
		$this->behind( array( 'WP_ACCESSIBLE_HOSTS' => 'api.wordpress.org, *.sandbox.test' ) );
		$this->catch_up( $id );
	}

	public function test_a_proxy_of_another_kind_is_told_and_not_passed_by(): void {
		$this->proxy->start();
		$this->behind( array( 'WP_PROXY_HOST' => 'socks5://127.0.0.1' ) );
		$id = self::id( $this->book() );
		self::assertSame( 'blocked', $this->waiting( $id )['reason'] );
		self::assertStringContainsString( 'WP_PROXY_HOST', $this->waiting( $id )['message'] );
		$this->behind();
		$this->catch_up( $id );
	}

	public function test_the_environments_proxy_counts_where_wordpress_names_none(): void {
		$this->proxy->start();
		$this->behind( array( 'WP_PROXY_HOST' => '' ) );
		$with = fn( string ...$environment ): string => $this->handshake( array( 'env', 'https_proxy=http://' . self::LOGIN . "@127.0.0.1:{$this->proxy->port}", ...$environment ) );
		self::assertSame( '1.3', $with() );
		self::assertSame( array( array( 'zoom.sandbox.test:443', 200 ) ), $this->proxy->passages() );
		self::assertSame( 'the host\'s name is not known', $with( 'no_proxy=example.test,.sandbox.test' ) );
	}

	public function test_a_ca_file_that_cannot_be_read_keeps_no_booking(): void {
		$this->site->otherwise( array( 'KIVICARE_TELEMED_CA_FILE' => '/nonexistent/ca.pem' ) );
		$id  = self::id( $this->book() );
		$row = $this->waiting( $id );
		self::assertSame( 'blocked', $row['reason'] );
		self::assertStringContainsString( 'the CA file /nonexistent/ca.pem does not exist', $row['message'] );
		$this->site->otherwise();
		$this->catch_up( $id );
	}

	/**
	 * The site's own socket, which php.ini names and DB_HOST does not: many bookings at once, none lost.
	 */
	public function test_bookings_with_the_socket_of_php_ini(): void {
		$this->site->otherwise( array( 'DB_HOST' => 'localhost' ), array( 'mysqli.default_socket' => (string) getenv( 'TELEMED_DB_SOCKET' ) ) );
		$bodies = array();
		for ( $i = 0; $i < 8; $i++ ) {
			$bodies[] = $this->site->booking( self::slot() );
		}
		foreach ( $this->patient->rest_parallel( 'kivicare/v1/appointments', $bodies, 8 ) as $answer ) {
			self::assertSame( 201, $answer['status'], $answer['body'] );
			$id = self::id( $answer );
			self::assertCount( 1, $this->site->rows( 'SELECT id FROM wp_kc_appointments WHERE id = ?', array( $id ) ) );
			self::assertSame( array( 'done' ), array_column( $this->operations( $id ), 'state' ), 'made in the booking, on the extension\'s own connection' );
			$this->expect_meetings( $id, 1 );
		}
	}

	private function serve( string $provider ): void {
		$this->side = ProviderSide::of( $provider, $this->site );
		if ( self::$served !== $provider ) {
			self::$served = $provider;
			$this->side->serve_doctors();
			$this->rest_of_work();
		}
	}

	/**
	 * Puts the site behind the proxy; only it knows the providers' host.
	 *
	 * @param array<string, string> $constants What differs.
	 */
	private function behind( array $constants = array() ): void {
		$host = 'https://zoom.sandbox.test';
		list( $user, $password ) = explode( ':', self::LOGIN );
		$this->site->otherwise(
			$constants + array(
				'WP_PROXY_HOST'                      => '127.0.0.1',
				'WP_PROXY_PORT'                      => (string) $this->proxy->port,
				'WP_PROXY_USERNAME'                  => $user,
				'WP_PROXY_PASSWORD'                  => $password,
				'WP_ACCESSIBLE_HOSTS'                => 'zoom.sandbox.test',
				'KIVICARE_TELEMED_ZOOM_API_URL'      => "$host/v2",
				'KIVICARE_TELEMED_ZOOM_OAUTH_URL'    => "$host/oauth",
				'KIVICARE_TELEMED_GOOGLE_TOKEN_URL'  => "$host/token",
				'KIVICARE_TELEMED_GOOGLE_REVOKE_URL' => "$host/revoke",
				'KIVICARE_TELEMED_GOOGLE_API_URL'    => "$host/calendar/v3",
			)
		);
	}

	/**
	 * The TLS version Site Health sees, or what it says.
	 *
	 * @param list<string> $wrapper A command around it.
	 */
	private function handshake( array $wrapper = array() ): string {
		return $this->site->php( 'try { echo KiviCare\Telemed\Plugin::instance()->bridge()->tls_version( "zoom" ); } catch ( KiviCare\Telemed\Bridge\BridgeException $e ) { echo $e->getMessage(); }', $wrapper );
	}

	/**
	 * The booking stands, and its meeting waits.
	 *
	 * @return array<string, mixed> Row of the journal.
	 */
	private function waiting( int $id ): array {
		self::assertGreaterThan( 0, $id );
		$this->rest_of_work();
		$rows = $this->operations( $id );
		self::assertCount( 1, $rows );
		self::assertSame( 'pending', $rows[0]['state'], (string) $rows[0]['message'] );
		return $rows[0];
	}

	/**
	 * What waited is made by the next run, by itself.
	 */
	private function catch_up( int $id ): void {
		$this->let_time_pass();
		$this->site->sweep();
		$this->site->run_queue();
		$this->expect_meetings( $id, 1 );
	}

	/**
	 * Neither the right nor the wrong password stands anywhere.
	 */
	private function expect_no_login(): void {
		$rows = $this->site->rows( "SELECT CONCAT_WS(' ', o.message, o.request) AS text FROM wp_kc_telemed_operations o UNION ALL SELECT option_value FROM wp_options WHERE option_name LIKE 'kivicare_telemed%'" );
		$text = implode( "\n", array_column( $rows, 'text' ) ) . (string) json_encode( $this->site->mails() );
		foreach ( array( 'debug.log', 'fpm.log', 'site-run/responses.log' ) as $file ) {
			$text .= (string) @file_get_contents( dirname( $this->site->run ) . '/' . $file );
		}
		foreach ( array( 'pr0xy-secret', 'wrong-secret', base64_encode( self::LOGIN ), base64_encode( 'clinic:wrong-secret' ) ) as $secret ) {
			self::assertStringNotContainsString( $secret, $text );
		}
	}
}
