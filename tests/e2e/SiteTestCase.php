<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

/**
 * A booked-upon site; every test starts with a provider without faults and books slots of its own.
 */
abstract class SiteTestCase extends TestCase {

	protected Site $site;

	protected Browser $patient;

	/**
	 * The provider that makes the meetings of this test.
	 */
	protected ProviderSide $side;

	protected function setUp(): void {
		$this->site = Site::from_environment();
		$this->side = ProviderSide::of( $this->provider(), $this->site );
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->site->sandbox( 'POST', '/limits', array( 'unlimited' => true ) );
		@unlink( $this->site->run . '/fail-after-create' );
		$this->patient = $this->site->login( 'patient' );
	}

	protected function provider(): string {
		return 'zoom';
	}

	protected function tearDown(): void {
		$this->site->sandbox( 'DELETE', '/faults' );
		@unlink( $this->site->run . '/fail-after-create' );
		$this->site->close();
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	protected function book( string $timezone = 'Asia/Kolkata' ): array {
		$answer = $this->patient->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot(), $timezone ) );
		$this->keep( $answer );
		return $answer;
	}

	/**
	 * A half hour nobody has booked yet, in this run or an earlier one.
	 */
	protected static function slot(): int {
		$file = getenv( 'KCT_RUN' ) . '/slot';
		$slot = (int) @file_get_contents( $file ) + 1;
		file_put_contents( $file, $slot );
		return $slot;
	}

	/**
	 * The body of an edit as the dashboard sends it.
	 *
	 * @param array<string, mixed> $changes Fields that change.
	 * @return array<string, mixed>
	 */
	protected function edit( int $id, array $changes ): array {
		$row = $this->site->rows( 'SELECT * FROM wp_kc_appointments WHERE id = ?', array( $id ) )[0];
		return $changes + array(
			'id'                   => $id,
			'appointmentStartDate' => $row['appointment_start_date'],
			'appointmentStartTime' => substr( $row['appointment_start_time'], 0, 5 ),
			'timezone'             => $row['appointment_timezone'],
			'serviceId'            => array( $this->site->seed['mapping_id'] ),
			'clinicId'             => $row['clinic_id'],
			'doctorId'             => $row['doctor_id'],
			'patientId'            => $row['patient_id'],
			'description'          => '',
		);
	}

	/**
	 * A minute passes, or an hour: pauses and leases are over, whatever is waiting is due. What waits for a person does not.
	 */
	protected function let_time_pass(): void {
		$this->site->rows( "UPDATE wp_kc_telemed_operations SET lease_until = '2000-01-01' WHERE state = 'in_flight'" );
		$this->site->rows( "UPDATE wp_kc_telemed_operations SET resume_at = UTC_TIMESTAMP() WHERE state IN ('pending', 'parked') AND resume_at IS NOT NULL" );
		$this->site->rows( 'UPDATE wp_kc_telemed_noted SET due_at = 0' );
		$this->site->rows( 'UPDATE wp_kc_telemed_calendars SET due_at = 0 WHERE due_at < UNIX_TIMESTAMP() + 120' );
	}

	/**
	 * Every response is kept for the search for secrets at the end.
	 *
	 * @param array{status: int, headers: string, body: string, json: mixed} $answer Response.
	 */
	protected function keep( array $answer ): void {
		file_put_contents( $this->site->run . '/responses.log', $answer['headers'] . $answer['body'] . "\n", FILE_APPEND );
	}

	/**
	 * @param array{json: mixed} $answer Booking response.
	 */
	protected static function id( array $answer ): int {
		return (int) $answer['json']['data']['appointment_id'];
	}

	/**
	 * @return list<array<string, mixed>>
	 */
	protected function mappings( int $id ): array {
		return $this->side->mappings( $id );
	}

	/**
	 * @return list<array<string, mixed>>
	 */
	protected function operations( int $id ): array {
		return $this->site->rows( 'SELECT * FROM wp_kc_telemed_operations WHERE appointment_id = ? ORDER BY id', array( $id ) );
	}

	/**
	 * Waits for what happens after a response: polls until the check returns something true.
	 *
	 * @template T
	 * @param callable(): T $check Check.
	 * @return T
	 */
	protected function eventually( callable $check, string $what, float $seconds = 120.0 ): mixed {
		$until = microtime( true ) + $seconds;
		do {
			$value = $check();
			if ( $value ) {
				return $value;
			}
			usleep( 50_000 );
		} while ( microtime( true ) < $until );
		self::fail( "not within $seconds s: $what" );
	}

	/**
	 * Waits until no process of the site is at work any more: a new connection takes the doctor's earlier visits over. What
	 * did not fit into the time of its request is done by runs, as the site's cron would. Visits that neither want nor refuse a
	 * meeting are looked at again in an hour, and are not waited for.
	 */
	protected function rest_of_work(): void {
		$this->eventually(
			function (): bool {
				$left = (int) $this->site->rows( "SELECT (SELECT COUNT(*) FROM wp_kc_telemed_noted WHERE due_at < UNIX_TIMESTAMP() + 600) + (SELECT COUNT(*) FROM wp_kc_telemed_operations WHERE state = 'in_flight') AS n" )[0]['n'];
				if ( $left > 0 ) {
					$this->site->php( 'do_action( "kivicare_telemed_work" );' );
				}
				return 0 === $left;
			},
			'the background work ends',
			300.0
		);
		$this->quiet();
	}

	/**
	 * Waits until nobody is at work: no message of a provider is on its way, and no worker busy. What follows an answer is done
	 * then, and what has not happened will not.
	 */
	protected function quiet(): void {
		$this->eventually( fn(): bool => 0 === $this->site->underway(), 'the workers have done their work' );
	}

	/**
	 * Waits until the provider has exactly this many live meetings for the appointment, and stays so.
	 */
	protected function expect_meetings( int $id, int $count ): void {
		$this->eventually( fn(): bool => $count === $this->meetings_of( $id ), "$count meetings for appointment $id; there are " . $this->meetings_of( $id ) );
		$this->quiet();
		self::assertSame( $count, $this->meetings_of( $id ) );
		self::assertCount( $count, $this->mappings( $id ) );
	}

	/**
	 * The live meeting of the appointment at the provider.
	 *
	 * @return array{id: string, start: string, link: string, mark: string}
	 */
	protected function meeting_of( int $id ): array {
		$meeting_id = $this->mappings( $id )[0]['meeting_id'] ?? '';
		foreach ( $this->side->live() as $meeting ) {
			if ( $meeting['id'] === $meeting_id ) {
				return $meeting;
			}
		}
		self::fail( "no live meeting of appointment $id" );
	}

	/**
	 * Requests to the provider so far, by route.
	 *
	 * @return array<string, int>
	 */
	protected function provider_calls(): array {
		return $this->side->calls();
	}

	/**
	 * A value of a response's header.
	 *
	 * @param array{headers: string} $answer Response.
	 */
	protected static function header( array $answer, string $name ): string {
		return 1 === preg_match( '/^' . preg_quote( $name, '/' ) . ': *(.*?)\r?$/mi', $answer['headers'], $match ) ? $match[1] : '';
	}

	/**
	 * Live meetings at the provider that carry the mark of one of the appointment's operations.
	 */
	protected function meetings_of( int $id ): int {
		$marks = array_map( $this->side->mark( ... ), array_filter( array_column( $this->operations( $id ), 'marker' ) ) );
		$ours  = static fn( array $meeting ): bool => (bool) array_filter( $marks, static fn( string $mark ): bool => str_contains( $meeting['mark'], $mark ) );
		return count( array_filter( $this->side->live(), $ours ) );
	}
}
