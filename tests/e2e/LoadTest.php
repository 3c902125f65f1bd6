<?php

declare(strict_types=1);

/**
 * Many bookings at once, and workers that live.
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
		$sessions = fn(): int => (int) $this->site->rows( "SHOW GLOBAL STATUS LIKE 'Threads_connected'" )[0]['Value'];
		// Two of WordPress' and one of ours for each worker, and those of the one run that works on many at a time.
		$this->eventually( static fn(): bool => $sessions() <= 8 * 3 + 8, 'eight workers keep few database sessions', 40 );
		printf( "RESULT database_sessions_of_8_workers %d sessions\n", $sessions() );
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

	public function test_php_fpm_can_be_reloaded(): void {
		$pid = (int) file_get_contents( $this->site->run . '/fpm.pid' );
		$began = $this->site->workers()['start time'];
		// To the second.
		$this->eventually( static fn(): bool => time() > $began, 'another second' );
		posix_kill( $pid, SIGUSR2 );
		$this->eventually( fn(): bool => ( $this->site->workers()['start time'] ?? $began ) !== $began, 'a new generation of workers' );
		$answer = $this->book();
		self::assertSame( 201, $answer['status'], $answer['body'] );
		self::assertCount( 1, $this->mappings( self::id( $answer ) ) );
	}
}
