<?php

declare(strict_types=1);

/**
 * A doctor with a long list of visits connects to Google: the calendar is followed at once, not when the list is done.
 */
final class BacklogTest extends ConsentTestCase {

	private const VISITS = 475;

	private int $last = 0;

	protected function provider(): string {
		return 'googlemeet';
	}

	protected function tearDown(): void {
		// Later tests count this doctor's meetings.
		$this->site->rows( 'UPDATE wp_kc_appointments SET status = 0 WHERE id > ?', array( $this->last ) );
		$this->drain( 0 );
		parent::tearDown();
		$this->side->other()->serve_doctors();
	}

	public function test_a_calendar_is_followed_soon_whatever_waits(): void {
		$this->last = (int) $this->site->rows( 'SELECT MAX(id) AS id FROM wp_kc_appointments' )[0]['id'];
		$this->visits();
		$started = microtime( true );
		$this->connect();
		$this->eventually( fn(): bool => '' !== $this->channel(), 'the calendar is followed', 120 );
		$took   = microtime( true ) - $started;
		$waited = $this->made();
		printf( "\nRESULT calendar_followed_beside_backlog %.1f s\nRESULT meetings_made_before_calendar_was_followed %d meetings\n", $took, $waited );
		self::assertLessThan( self::VISITS / 4, $waited, 'not behind the backlog' );
		$this->drain( self::VISITS );
	}

	/**
	 * Meetings of these visits.
	 */
	private function made(): int {
		return (int) $this->site->rows( 'SELECT COUNT(*) AS n FROM wp_kc_appointment_google_meet_mappings WHERE appointment_id > ?', array( $this->last ) )[0]['n'];
	}

	private function channel(): string {
		return (string) ( $this->site->rows( 'SELECT channel_id FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $this->doctor_id ) )[0]['channel_id'] ?? '' );
	}

	/**
	 * Booked video visits ahead, written as KiviCare keeps them.
	 */
	private function visits(): void {
		$values = array();
		for ( $visit = 0; $visit < self::VISITS; $visit++ ) {
			$start    = ( new DateTimeImmutable( '2032-01-01 09:00:00' ) )->modify( '+' . $visit * 30 . ' minutes' );
			$values[] = sprintf( "('%s','%s','%s','%s','Asia/Kolkata',%d,%d,%d,1,'',NOW())", $start->format( 'Y-m-d' ), $start->format( 'H:i:s' ), $start->modify( '+30 minutes' )->format( 'Y-m-d' ), $start->modify( '+30 minutes' )->format( 'H:i:s' ), $this->site->seed['clinic_id'], $this->doctor_id, $this->site->seed['patient_id'] );
		}
		$this->site->rows( 'INSERT INTO wp_kc_appointments (appointment_start_date, appointment_start_time, appointment_end_date, appointment_end_time, appointment_timezone, clinic_id, doctor_id, patient_id, status, description, created_at) VALUES ' . implode( ',', $values ) );
		$this->site->rows( 'INSERT INTO wp_kc_appointment_service_mapping (appointment_id, service_id, status, created_at) SELECT id, ?, 1, NOW() FROM wp_kc_appointments WHERE id > ?', array( $this->site->seed['service_id'], $this->last ) );
	}

	/**
	 * Time passes until so many visits have meetings.
	 */
	private function drain( int $meetings ): void {
		$this->eventually(
			function () use ( $meetings ): bool {
				$this->let_time_pass();
				$this->site->sweep();
				return $meetings === $this->made();
			},
			"$meetings meetings",
			300
		);
	}
}
