<?php

declare(strict_types=1);

/**
 * One token chain per connection, whatever happens around it. The same for both providers.
 */
abstract class TokensTestCase extends SiteTestCase {

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	public function test_an_expired_token_costs_one_refresh_for_eight_processes(): void {
		// Visits of an earlier connection move over now, so that nothing but the bookings needs the token below.
		$this->side->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		// Background work that the connection itself started may be the one that refreshes.
		$refreshes = $this->refreshes();
		$this->side->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test', -10 );
		$bookings  = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 8 ) );
		foreach ( $this->patient->rest_parallel( 'kivicare/v1/appointments', $bookings, 8 ) as $answer ) {
			self::assertSame( 201, $answer['status'], $answer['body'] );
			self::assertCount( 1, $this->mappings( self::id( $answer ) ) );
		}
		self::assertSame( 1, $this->refreshes() - $refreshes );
	}

	public function test_a_rollback_after_a_refresh_does_not_cost_the_connection(): void {
		$this->side->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test', -10 );
		touch( $this->site->run . '/fail-after-create' );
		self::assertSame( 500, $this->book()['status'] );
		unlink( $this->site->run . '/fail-after-create' );
		$this->side->expire_tokens();
		$answer = $this->book();
		self::assertSame( 201, $answer['status'] );
		self::assertCount( 1, $this->mappings( self::id( $answer ) ), 'the refresh token of the rolled back request is alive' );
	}

	private function refreshes(): int {
		return (int) ( $this->provider_calls()[ $this->side->refresh ] ?? 0 );
	}
}
