<?php

declare(strict_types=1);

/**
 * A persistent object cache that all workers share: it never holds the token rows that the extension rewrites, nor what a
 * transaction's old snapshot showed.
 */
final class SharedCacheTest extends RigTestCase {

	private string $drop_in;

	protected function setUp(): void {
		$this->drop_in = getenv( 'WORDPRESS_PATH' ) . '/wp-content/object-cache.php';
		parent::setUp();
		$this->clear();
		copy( dirname( __DIR__ ) . '/site/object-cache.php', $this->drop_in );
		$this->admin = $this->site->login( 'admin' );
	}

	protected function tearDown(): void {
		@unlink( $this->drop_in );
		$this->clear();
		parent::tearDown();
	}

	public function test_tokens_that_the_extension_rewrites_are_in_no_cache(): void {
		$refreshes = 0;
		for ( $round = 0; $round < 3; $round++ ) {
			$before = $this->stored();
			$this->side->expire_tokens();
			$bookings = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 8 ) );
			$answers  = $this->admin->rest_parallel( 'kivicare/v1/appointments', $bookings, 8 );
			self::assertSame( array( 201 ), array_values( array_unique( array_column( $answers, 'status' ) ) ) );
			$refreshes += $before === $this->stored() ? 0 : 1;
			$this->settle( 1 );
		}
		self::assertSame( 3, $refreshes, 'the extension rewrote the row each time' );
		self::assertGreaterThan( 10, count( (array) glob( $this->site->run . '/object-cache/*' ) ), 'the cache is in use' );
		$cached = is_file( $this->site->run . '/cached-tokens.log' ) ? count( file( $this->site->run . '/cached-tokens.log' ) ) : 0;
		printf( "\nRESULT token_rows_cached %d rows\n", $cached );
		self::assertSame( 0, $cached );
		self::assertSame( array( 'on', 'sealed' ), $this->connection( (int) $this->site->seed['doctor_id'] ), 'PHP knows that there are tokens' );
		self::assertSame( 0, $this->compare()['lost'] );
	}

	public function test_a_connection_made_while_a_booking_is_under_way_is_known_afterwards(): void {
		$doctor = (int) $this->site->seed['other_doctor_id'];
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->doctors()->forget_tokens( KiviCare\\Telemed\\Config\\Provider::Zoom, $doctor );" );
		self::assertSame( array( 'off', '' ), $this->connection( $doctor ) );
		// Another doctor's booking, whose transaction began before, reads this doctor's metas at its end.
		file_put_contents( $this->site->run . '/transactions.json', (string) json_encode( array( 'hold' => 60_000, 'user' => $doctor ) ) );
		$this->admin->begin( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		$this->eventually( fn(): bool => $this->is_under_way(), 'the transaction is open', 30 );
		$this->side->connect( $doctor, 'doctor2@example.test' );
		@unlink( $this->site->run . '/transactions.json' );
		self::assertSame( 201, $this->admin->finish()['status'] );
		$this->eventually( fn(): bool => array( 'on', 'sealed' ) === $this->connection( $doctor ), 'other processes know the connection', 30 );
	}

	public function test_the_list_shows_a_link_as_soon_as_it_is_there(): void {
		$native = new NativeSide( $this->site );
		$native->refuse( 'socket' );
		try {
			$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
			self::assertSame( '', $this->listed( self::id( $answer ) ) );
		} finally {
			$native->admit();
		}
		$this->settle();
		self::assertStringContainsString( '/appointments/' . self::id( $answer ) . '/start', $this->listed( self::id( $answer ) ) );
	}

	/**
	 * The link of an appointment in KiviCare's list.
	 */
	private function listed( int $id ): string {
		$list = $this->admin->rest( 'GET', 'kivicare/v1/appointments?perPage=100&orderby=id&order=desc' );
		$rows = array_column( $list['json']['data']['appointments'], null, 'id' );
		self::assertArrayHasKey( $id, $rows, $list['body'] );
		return (string) ( $rows[ $id ]['video_url'] ?? '' );
	}

	/**
	 * Whether a booking has its meeting and is not committed: it is in its last listener.
	 */
	private function is_under_way(): bool {
		return array() !== $this->site->rows( 'SELECT m.id FROM wp_kc_appointment_zoom_mappings m LEFT JOIN wp_kc_appointments a ON a.id = m.appointment_id WHERE a.id IS NULL' );
	}

	/**
	 * Switch and tokens of a doctor as another process sees them, cache first.
	 *
	 * @return list<string>
	 */
	private function connection( int $doctor ): array {
		return explode( '|', $this->site->php( "echo get_user_meta( $doctor, 'kiviCare_zoom_telemed_connect', true ), '|', get_user_meta( $doctor, 'kiviCare_doctor_zoom_telemed_config', true );" ) );
	}

	/**
	 * The token row as the database has it.
	 */
	private function stored(): string {
		return (string) $this->site->rows( "SELECT meta_value FROM wp_usermeta WHERE user_id = ? AND meta_key = 'kiviCare_doctor_zoom_telemed_config'", array( $this->site->seed['doctor_id'] ) )[0]['meta_value'];
	}

	private function clear(): void {
		@unlink( $this->site->run . '/transactions.json' );
		@unlink( $this->site->run . '/cached-tokens.log' );
		foreach ( (array) glob( $this->site->run . '/object-cache/{,.}[!.]*', GLOB_BRACE ) as $file ) {
			@unlink( $file );
		}
	}
}
