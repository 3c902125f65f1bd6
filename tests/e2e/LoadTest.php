<?php

declare(strict_types=1);

/**
 * Many bookings at once, one refresh for many processes, and workers that live.
 */
final class LoadTest extends SiteTestCase {

	public function test_two_hundred_bookings_at_concurrency_eight(): void {
		$bookings = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 200 ) );
		$before   = count( $this->site->live_meetings() );
		$started  = microtime( true );
		$answers  = $this->patient->rest_parallel( 'kivicare/v1/appointments', $bookings, 8 );
		printf( "\nRESULT bookings_concurrency8_time %.1f s\n", microtime( true ) - $started );
		$ids = array();
		$rss = array();
		foreach ( $answers as $index => $answer ) {
			self::assertSame( 201, $answer['status'], $answer['body'] );
			$ids[] = self::id( $answer );
			preg_match( '/^X-Worker: (\d+) (\d+)/mi', $answer['headers'], $worker );
			$rss[ $worker[1] ][] = array( $index, (int) $worker[2] );
		}
		$meetings = count( $this->site->live_meetings() ) - $before;
		$marks    = implode( ',', array_map( 'intval', $ids ) );
		$rows     = $this->site->rows( "SELECT COUNT(*) AS n, COUNT(DISTINCT zoom_id) AS d FROM wp_kc_appointment_zoom_mappings WHERE appointment_id IN ($marks)" )[0];
		printf( "\nRESULT bookings_concurrency8_meetings %d meetings\nRESULT bookings_concurrency8_rows %d rows\n", $meetings, $rows['n'] );
		self::assertSame( array( 200, 200, 200 ), array( $meetings, (int) $rows['n'], (int) $rows['d'] ) );

		self::assertLessThanOrEqual( 8, count( $rss ), 'a worker died and was replaced' );
		$growth = 0;
		foreach ( $rss as $samples ) {
			$late = array_column( array_filter( $samples, static fn( array $sample ): bool => $sample[0] >= 50 ), 1 );
			if ( count( $late ) > 1 ) {
				$growth = max( $growth, end( $late ) - reset( $late ) );
			}
		}
		printf( "\nRESULT worker_rss_growth %d KiB\n", $growth );
		self::assertLessThan( 8192, $growth );
	}

	public function test_an_expired_token_costs_one_refresh_for_eight_processes(): void {
		$this->connect_doctor( -10 );
		$refreshes = $this->refreshes();
		$bookings  = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 8 ) );
		foreach ( $this->patient->rest_parallel( 'kivicare/v1/appointments', $bookings, 8 ) as $answer ) {
			self::assertSame( 201, $answer['status'], $answer['body'] );
			self::assertCount( 1, $this->mappings( self::id( $answer ) ) );
		}
		self::assertSame( 1, $this->refreshes() - $refreshes );
	}

	public function test_a_rollback_after_a_refresh_does_not_cost_the_connection(): void {
		$this->connect_doctor( -10 );
		touch( $this->site->run . '/fail-after-create' );
		self::assertSame( 500, $this->book()['status'] );
		unlink( $this->site->run . '/fail-after-create' );
		$this->site->sandbox( 'POST', '/tokens/expire', array() );
		$answer = $this->book();
		self::assertSame( 201, $answer['status'] );
		self::assertCount( 1, $this->mappings( self::id( $answer ) ), 'the refresh token of the rolled back request is alive' );
	}

	public function test_php_fpm_can_be_reloaded(): void {
		$pid = (int) file_get_contents( $this->site->run . '/fpm.pid' );
		posix_kill( $pid, SIGUSR2 );
		sleep( 2 );
		$answer = $this->book();
		self::assertSame( 201, $answer['status'], $answer['body'] );
		self::assertCount( 1, $this->mappings( self::id( $answer ) ) );
	}

	private function refreshes(): int {
		return (int) ( $this->site->sandbox( 'GET', '/state' )['counters']['by_route']['POST /oauth/token refresh_token'] ?? 0 );
	}

	/**
	 * Gives the doctor an own connection whose access token expires in this many seconds.
	 */
	private function connect_doctor( int $expires_in ): void {
		$grant = array(
			'client_id'  => 'sandbox-client',
			'user'       => 'doctor@example.test',
			'expires_in' => $expires_in,
		);
		$file  = $this->site->run . '/grant.json';
		file_put_contents( $file, (string) json_encode( $this->site->sandbox( 'POST', '/grants', $grant ) ) );
		$code = 'require getenv( "WORDPRESS_PATH" ) . "/wp-load.php";'
			. 'KiviCare\Telemed\Plugin::instance()->doctors()->connect( ' . (int) $this->site->seed['doctor_id'] . ', file_get_contents( $argv[1] ) );';
		$so   = dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so';
		exec( implode( ' ', array_map( 'escapeshellarg', array( PHP_BINARY, '-d', 'extension=' . $so, '-r', $code, $file ) ) ) . ' 2>&1', $output, $status );
		unlink( $file );
		self::assertSame( 0, $status, implode( "\n", $output ) );
	}
}
