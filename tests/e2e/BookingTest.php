<?php

declare(strict_types=1);

/**
 * A patient books a video visit.
 */
final class BookingTest extends SiteTestCase {

	public function test_a_booking_gets_one_private_meeting_one_row_and_a_mail_with_the_link(): void {
		$mails   = count( $this->site->mails() );
		$creates = $this->creates();
		$answer  = $this->book();
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$id = self::id( $answer );
		self::assertSame( $creates + 1, $this->creates() );
		$rows = $this->mappings( $id );
		self::assertCount( 1, $rows );
		self::assertStringNotContainsString( 'zak=', $rows[0]['start_url'] );
		self::assertStringStartsWith( $this->site->url, $rows[0]['start_url'] );

		$meeting = $this->meeting( $rows[0]['zoom_id'] );
		self::assertTrue( $meeting['settings']['waiting_room'] );
		self::assertFalse( $meeting['settings']['join_before_host'] );
		self::assertSame( 10, strlen( $meeting['password'] ) );
		self::assertStringNotContainsString( 'atient', $meeting['topic'] );

		$this->site->run_queue();
		$to_patient = array_filter(
			array_slice( $this->site->mails(), $mails ),
			static fn( array $mail ): bool => 'patient@example.test' === $mail['to'] && str_contains( html_entity_decode( $mail['message'] ), $rows[0]['join_url'] )
		);
		self::assertCount( 1, $to_patient );
	}

	/**
	 * @dataProvider zones
	 */
	public function test_the_meeting_starts_when_the_booker_meant( string $zone, string $offset ): void {
		$answer = $this->book( $zone );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$row      = $this->site->rows( 'SELECT * FROM wp_kc_appointments WHERE id = ?', array( self::id( $answer ) ) )[0];
		$expected = new DateTimeImmutable( $row['appointment_start_date'] . 'T' . $row['appointment_start_time'] . $offset );
		$meeting  = $this->meeting( $this->mappings( self::id( $answer ) )[0]['zoom_id'] );
		self::assertEquals( $expected, new DateTimeImmutable( $meeting['start_time'] ) );
		// KiviCare's own UTC column is wrong for Chrome's name of India's zone and would block another slot.
		$this->site->login( 'admin' )->rest( 'PUT', 'kivicare/v1/appointments/' . self::id( $answer ) . '/status', array( 'id' => self::id( $answer ), 'status' => 0 ) );
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function zones(): array {
		return array(
			'India'        => array( 'Asia/Kolkata', '+05:30' ),
			'as Chrome says'   => array( 'Asia/Calcutta', '+05:30' ),
			'fixed offset' => array( '+05:30', '+05:30' ),
		);
	}

	/**
	 * The site is at +05:30, the doctor in New York; the booker's zone decides.
	 *
	 * @dataProvider instants
	 */
	public function test_the_instant_is_right_across_zones_clock_changes_and_midnight( string $zone, string $date, string $time, string $utc ): void {
		$admin   = $this->site->login( 'admin' );
		$booking = array( 'appointmentStartDate' => $date, 'appointmentStartTime' => $time, 'doctorId' => $this->site->seed['other_doctor_id'], 'serviceId' => array( $this->site->seed['other_mapping_id'] ) );
		$answer  = $admin->rest( 'POST', 'kivicare/v1/appointments', $booking + $this->site->booking( self::slot(), $zone ) );
		$this->keep( $answer );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$id = self::id( $answer );
		$this->expect_meetings( $id, 1 );
		self::assertSame( $utc, $this->meeting_of( $id )['start'] );
		// Another run may want the same hour.
		$admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		$this->expect_meetings( $id, 0 );
	}

	/**
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function instants(): array {
		return array(
			'India, by Chrome\'s name'         => array( 'Asia/Calcutta', '2032-06-01', '10:00', '2032-06-01T04:30:00Z' ),
			'New York, the day before DST'     => array( 'America/New_York', '2032-03-13', '10:00', '2032-03-13T15:00:00Z' ),
			'New York, the day DST begins'     => array( 'America/New_York', '2032-03-14', '10:00', '2032-03-14T14:00:00Z' ),
			'New York, the day DST ends'       => array( 'America/New_York', '2032-11-07', '10:00', '2032-11-07T15:00:00Z' ),
			'shortly after midnight in India'  => array( 'Asia/Calcutta', '2032-06-02', '00:30', '2032-06-01T19:00:00Z' ),
			'shortly before midnight in India' => array( 'Asia/Calcutta', '2032-06-02', '23:00', '2032-06-02T17:30:00Z' ),
		);
	}

	public function test_every_meeting_has_a_passcode_of_its_own(): void {
		$this->book();
		$this->book();
		$passcodes = array_column( $this->site->rows( 'SELECT password FROM wp_kc_appointment_zoom_mappings' ), 'password' );
		self::assertSame( $passcodes, array_unique( $passcodes ) );
	}

	public function test_a_booking_that_kivicare_rolls_back_leaves_a_journal_that_knows_the_meeting(): void {
		touch( $this->site->run . '/fail-after-create' );
		$last   = (int) $this->site->rows( 'SELECT COALESCE(MAX(id), 0) AS id FROM wp_kc_telemed_operations' )[0]['id'];
		$answer = $this->book();
		self::assertSame( 500, $answer['status'] );
		// The meeting's end may be written already, or not yet.
		$operations = $this->site->rows( "SELECT * FROM wp_kc_telemed_operations WHERE id > ? AND kind = 'create'", array( $last ) );
		self::assertCount( 1, $operations );
		self::assertSame( 'done', $operations[0]['state'] );
		self::assertNotSame( '', $operations[0]['meeting_id'] );
		self::assertContains( $operations[0]['meeting_id'], array_map( 'strval', array_column( $this->site->sandbox( 'GET', '/state?log=0' )['meetings'], 'id' ) ), 'the provider made it' );
		self::assertSame( array(), $this->site->rows( 'SELECT id FROM wp_kc_appointments WHERE id = ?', array( $operations[0]['appointment_id'] ) ) );
	}

	/**
	 * @return array<string, mixed>
	 */
	private function meeting( string $id ): array {
		foreach ( $this->site->live_meetings() as $meeting ) {
			if ( (string) $meeting['id'] === $id ) {
				return $meeting;
			}
		}
		self::fail( "The provider does not know meeting $id." );
	}

	private function creates(): int {
		return (int) ( $this->site->sandbox( 'GET', '/state?log=0' )['counters']['by_route']['POST /users/{userId}/meetings'] ?? 0 );
	}
}
