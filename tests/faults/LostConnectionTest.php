<?php

declare(strict_types=1);

/**
 * The extension's own connection to the database is refused while bookings overlap, each in a transaction that stays open
 * for more than half a second. Every booking that was accepted exists, and gets its meeting and its mails when the connection is back.
 */
final class LostConnectionTest extends RigTestCase {

	private const BOOKINGS = 24;

	private static int $lost = 0;

	private NativeSide $native;

	protected function setUp(): void {
		parent::setUp();
		$this->native = new NativeSide( $this->site );
		file_put_contents( $this->site->run . '/transactions.json', '{"hold": 700}' );
	}

	protected function tearDown(): void {
		@unlink( $this->site->run . '/transactions.json' );
		$this->native->admit();
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		parent::tearDownAfterClass();
		printf( "\nRESULT bookings_lost_native_db_down %d appointments\n", self::$lost );
	}

	/**
	 * @return array<string, array{string, bool}>
	 */
	public static function ways(): array {
		$ways = array();
		foreach ( array_keys( NativeSide::ways() ) as $way ) {
			$ways[ $way ] = array( $way, false );
		}
		return $ways + array(
			'socket, and our second connection' => array( 'socket', true ),
			'silent'                            => array( 'silent', false ),
			'silent, and our second connection' => array( 'silent', true ),
		);
	}

	/**
	 * @dataProvider ways
	 */
	public function test_no_booking_is_lost_while_our_database_connection_is_refused( string $way, bool $both ): void {
		$this->native->refuse( $way, $both );
		$bookings = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, self::BOOKINGS ) );
		$answers  = $this->admin->rest_spread( 'kivicare/v1/appointments', $bookings, 250 );
		$ids      = array_map( self::id( ... ), $answers );
		self::assertSame( array( 201 ), array_values( array_unique( array_column( $answers, 'status' ) ) ) );
		$missing     = array_filter( $ids, fn( int $id ): bool => array() === $this->site->rows( 'SELECT id FROM wp_kc_appointments WHERE id = ?', array( $id ) ) );
		self::$lost += count( $missing );
		self::assertSame( array(), $missing, 'answered 201, and not there' );
		self::assertSame( self::BOOKINGS, $this->compare()['lost'], 'nothing could be made yet' );

		$this->native->admit();
		$this->settle();
		self::assertSame( array( 'visits' => self::BOOKINGS, 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 ), $this->compare() );
		$this->site->run_queue();
		self::assertSame( array(), array_filter( $ids, fn( int $id ): bool => ! $this->is_mailed( $id ) ), 'every patient has the link' );
		printf( "\nRESULT bookings_lost_native_db_down_%s%s %d appointments\n", $way, $both ? '_both' : '', count( $missing ) );
	}

	/**
	 * A change while both connections are refused leaves nothing behind but the visit's row.
	 */
	public function test_a_change_that_nobody_could_note_is_followed_by_the_sweep(): void {
		@unlink( $this->site->run . '/transactions.json' );
		$ids = array();
		foreach ( array( 'patient', 'doctor', 'length' ) as $what ) {
			$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
			self::assertSame( 201, $answer['status'], $answer['body'] );
			$ids[ $what ] = self::id( $answer );
		}
		$this->quiet();
		$before = array_map( fn( int $id ): string => (string) $this->mappings( $id )[0]['meeting_id'], $ids );

		$this->site->rows( 'UPDATE wp_kc_appointments SET patient_id = ? WHERE id = ?', array( $this->site->seed['other_patient_id'], $ids['patient'] ) );
		$this->site->rows( 'UPDATE wp_kc_appointments SET doctor_id = ? WHERE id = ?', array( $this->site->seed['other_doctor_id'], $ids['doctor'] ) );
		$this->site->rows( 'UPDATE wp_kc_appointment_service_mapping SET service_id = (SELECT service_id FROM wp_kc_service_doctor_mapping WHERE id = ?) WHERE appointment_id = ?', array( $this->site->seed['other_mapping_id'], $ids['doctor'] ) );
		$this->site->rows( 'UPDATE wp_kc_appointments SET appointment_end_time = ADDTIME(appointment_end_time, ?) WHERE id = ?', array( '00:20:00', $ids['length'] ) );
		$this->settle();
		$after = array_map( fn( int $id ): string => (string) $this->mappings( $id )[0]['meeting_id'], $ids );
		self::assertNotSame( $before['patient'], $after['patient'], 'the former patient knows the link' );
		self::assertNotSame( $before['doctor'], $after['doctor'], 'it is another doctor\'s' );
		self::assertSame( $before['length'], $after['length'] );
		self::assertSame( 50, json_decode( (string) $this->mappings( $ids['length'] )[0]['extra'], true )['duration'] );
		self::assertSame( array( 'visits' => 3, 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 ), $this->compare() );
	}

	/**
	 * The extension asks many times during a booking; only the first question waits for a server that does not answer.
	 */
	public function test_a_booking_waits_once_for_a_database_that_never_answers(): void {
		@unlink( $this->site->run . '/transactions.json' );
		$this->native->refuse( 'silent' );
		$begun  = microtime( true );
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		$took   = microtime( true ) - $begun;
		$asked  = $this->native->asked();
		self::assertSame( 201, $answer['status'], $answer['body'] );
		// Once; another time where this machine took longer than the five seconds that the answer holds.
		self::assertContains( $asked, $took < 5.0 ? array( 1 ) : array( 1, 2 ), "after $took s" );
		printf( "\nRESULT booking_silent_database %.1f s\n", $took );
		$id = self::id( $answer );
		$this->quiet();
		$this->native->admit();
		$this->settle();
		$this->expect_meetings( $id, 1 );
	}

	private function is_mailed( int $id ): bool {
		$meeting = (string) $this->mappings( $id )[0]['meeting_id'];
		return array() !== array_filter( $this->site->mails(), static fn( array $mail ): bool => str_contains( $mail['message'], $meeting ) && str_starts_with( $mail['to'], 'patient' ) );
	}
}
