<?php

declare(strict_types=1);

/**
 * The provider misbehaves while a patient books: the booking is accepted, the journal keeps it, nothing is doubled.
 */
final class FaultsTest extends SiteTestCase {

	/**
	 * @dataProvider faults
	 *
	 * @param array<string, mixed> $action What the provider does to every create.
	 */
	public function test_the_booking_is_accepted_and_its_operation_waits( array $action, string $when, int $meetings ): void {
		$this->site->sandbox(
			'POST',
			'/faults',
			array(
				'match'  => array(
					'method'        => 'POST',
					'path_contains' => '/meetings',
				),
				'action' => $action,
				'when'   => $when,
				'times'  => null,
			)
		);
		$answer = $this->book();
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$operations = $this->operations( self::id( $answer ) );
		self::assertCount( 1, $operations );
		self::assertSame( 'pending', $operations[0]['state'] );
		self::assertNotNull( $operations[0]['resume_at'] );
		self::assertSame( array(), $this->mappings( self::id( $answer ) ) );
		self::assertSame( $meetings, $this->meetings_of( self::id( $answer ) ) );
	}

	/**
	 * @return array<string, array{array<string, mixed>, string, int}>
	 */
	public static function faults(): array {
		$status = static fn( int $code ): array => array(
			'type' => 'status',
			'code' => $code,
		);
		return array(
			'500, nothing made'       => array( $status( 500 ), 'before', 0 ),
			'503, but made'           => array( $status( 503 ), 'after', 1 ),
			'429'                     => array( $status( 429 ), 'before', 0 ),
			'hangs, nothing made'     => array( array( 'type' => 'hang' ), 'before', 0 ),
			'resets, nothing made'    => array( array( 'type' => 'reset' ), 'before', 0 ),
			'resets, but made'        => array( array( 'type' => 'reset' ), 'after', 1 ),
			'half a JSON of a meeting' => array( array( 'type' => 'truncate' ), 'after', 1 ),
		);
	}

	public function test_a_doctor_whose_zoom_user_is_unknown_parks_the_operation_with_a_remedy(): void {
		$this->site->sandbox(
			'POST',
			'/faults',
			array(
				'match'  => array( 'path_contains' => '/meetings' ),
				'action' => array(
					'type' => 'status',
					'code' => 404,
					'body' => array(
						'code'    => 1001,
						'message' => 'User does not exist',
					),
				),
				'when'   => 'before',
				'times'  => null,
			)
		);
		$answer = $this->book();
		self::assertSame( 201, $answer['status'] );
		$parked    = fn(): bool => 'parked' === $this->operations( self::id( $answer ) )[0]['state'];
		$this->eventually( $parked, 'nobody is at it any more' );
		$operation = $this->operations( self::id( $answer ) )[0];
		self::assertSame( 'host_not_found', $operation['reason'] );
		self::assertStringContainsString( 'map the doctor', $operation['message'] );
	}
}
