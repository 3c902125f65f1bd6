<?php

declare(strict_types=1);

/**
 * Whatever fails: inside KiviCare's transactions, and on its connection after the response, we only read. Every flow that
 * asks us for something is gone through with every failure, each also with a transaction that is never committed.
 */
final class TransactionTest extends RigTestCase {

	private const TABLES = array( 'kc_telemed_operations', 'kc_appointment_zoom_mappings', 'kc_telemed_noted', 'kc_telemed_audit' );

	/**
	 * Requests in one go.
	 */
	private const REQUESTS = 6;

	private static int $written = 0;

	private NativeSide $native;

	private bool $throws = false;

	protected function setUp(): void {
		parent::setUp();
		$this->native = new NativeSide( $this->site );
		$this->native->admit();
	}

	protected function tearDown(): void {
		$this->recover();
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		parent::tearDownAfterClass();
		printf( "\nRESULT statements_on_kivicares_connection %d statements\n", self::$written );
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function failures(): array {
		$failures = array( 'none' => array( 'none', '' ) );
		foreach ( array_keys( NativeSide::ways() ) as $way ) {
			$failures[ "refused by $way" ] = array( 'refuse', $way );
		}
		foreach ( self::TABLES as $table ) {
			$failures[ "$table missing" ] = array( 'hide', $table );
		}
		return $failures + array(
			'both connections refused' => array( 'refuse_both', 'socket' ),
			'journal full'             => array( 'fill', 'kc_telemed_operations' ),
			'mappings full'            => array( 'fill', 'kc_appointment_zoom_mappings' ),
			'provider down'            => array( 'provider_answers', '{"type":"reset"}' ),
			'too many requests'        => array( 'provider_answers', '{"type":"status","code":429,"headers":{"Retry-After":"60"}}' ),
			'permission missing'       => array( 'provider_answers', '{"type":"status","code":400,"body":{"code":4711,"message":"Invalid access token, does not contain scopes"}}' ),
			'connection ended'         => array( 'reauthorize', '' ),
			'tokens that do not open'  => array( 'spoil', '' ),
			'listeners that fail'      => array( 'throwing', '' ),
		);
	}

	/**
	 * @dataProvider failures
	 */
	public function test_we_only_read_on_kivicares_connection( string $failure, string $what ): void {
		$this->{$failure}( $what );
		// Committed where that makes a difference to what is written after the response, then never committed.
		$goes = in_array( $failure, array( 'none', 'refuse', 'throwing' ), true ) ? array( false, true ) : array( true );
		foreach ( $goes as $open ) {
			$this->watch( $open, 'throwing' === $failure );
			$pending = $this->go_through( $open );
		}
		$this->rest_of_requests( count( $goes ) );
		$seen = array_sum( array_column( $this->lines( 'guard-seen.jsonl' ), 1 ) );
		self::assertGreaterThan( 25, $seen, 'the guard looked' );
		$written        = $this->lines( 'guard.jsonl' );
		self::$written += count( $written );
		self::assertSame( array(), $written );

		$this->recover();
		if ( in_array( $failure, array( 'provider_answers', 'reauthorize', 'spoil' ), true ) ) {
			$this->connect();
		}
		// A payment that was never committed leaves a visit that waits for it, and keeps its meeting.
		foreach ( $pending as $id ) {
			$this->admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		}
		$this->settle();
		$found = $this->compare();
		self::assertSame( array( 0, 0, 0, 0 ), array( $found['lost'], $found['doubled'], $found['leaked'], $found['moved'] ), (string) json_encode( $found ) );
	}

	/**
	 * Booking, Pay Later, a completed payment, an edit, a new link, a cancellation.
	 *
	 * @param bool $open Whether the transactions are never committed: only rows that were there before stay.
	 * @return list<int> Visits that waited for their payment.
	 */
	private function go_through( bool $open ): array {
		$this->watch_off();
		$there   = $this->book_as( 1 );
		$pending = array( $this->book_as( 2 ), $this->book_as( 2 ) );
		$this->watch( $open );
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		foreach ( array( 'pay_later', 'payment' ) as $index => $flow ) {
			$paid = $this->admin->rest( 'POST', 'kct/v1/flow', array( 'flow' => $flow, 'id' => $pending[ $index ] ) );
			self::assertSame( 200, $paid['status'], $paid['body'] );
		}
		$slot  = $this->site->booking( self::slot() );
		$moved = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$there", $this->edit( $there, array( 'appointmentStartDate' => $slot['appointmentStartDate'], 'appointmentStartTime' => $slot['appointmentStartTime'] ) ) );
		self::assertSame( 200, $moved['status'], $moved['body'] );
		$again = $this->admin->rest( 'GET', "kivicare/v1/appointments/$there/regenerate-video-conference" );
		self::assertSame( 200, $again['status'], $again['body'] );
		$gone = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$there/status", array( 'id' => $there, 'status' => 0 ) );
		self::assertSame( 200, $gone['status'], $gone['body'] );
		return $pending;
	}

	private function book_as( int $status ): int {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', array( 'status' => $status ) + $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		return self::id( $answer );
	}

	private function watch( bool $open, ?bool $throws = null ): void {
		$this->throws = $throws ?? $this->throws;
		file_put_contents( $this->site->run . '/transactions.json', (string) json_encode( array( 'guard' => true, 'open' => $open, 'throw' => $this->throws ) ) );
	}

	private function watch_off(): void {
		@unlink( $this->site->run . '/transactions.json' );
	}

	/**
	 * Waits until the work after every response is done.
	 */
	private function rest_of_requests( int $goes ): void {
		$this->eventually( fn(): bool => count( $this->lines( 'guard-seen.jsonl' ) ) >= $goes * self::REQUESTS, 'the workers have done', 90 );
	}

	/**
	 * @return list<array<array-key, mixed>>
	 */
	private function lines( string $file ): array {
		$path = $this->site->run . '/' . $file;
		return array_map( static fn( string $line ): array => (array) json_decode( $line, true ), is_file( $path ) ? file( $path, FILE_IGNORE_NEW_LINES ) : array() );
	}

	private function none(): void {}

	private function throwing(): void {}

	private function refuse( string $way ): void {
		$this->native->refuse( $way );
	}

	private function refuse_both( string $way ): void {
		$this->native->refuse( $way, true );
	}

	private function hide( string $table ): void {
		$this->site->rows( "RENAME TABLE wp_$table TO kct_hidden_$table" );
	}

	private function fill( string $table ): void {
		$this->site->rows( "CREATE TRIGGER kct_full_$table BEFORE INSERT ON wp_$table FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'" );
	}

	private function provider_fault( array $match, string $action ): void {
		$this->site->sandbox( 'POST', '/faults', array( 'match' => $match, 'action' => json_decode( $action, true ), 'times' => null, 'when' => 'before' ) );
	}

	private function provider_answers( string $action ): void {
		$this->provider_fault( array( 'path_contains' => '/v2/' ), $action );
	}

	private function reauthorize(): void {
		$this->side->expire_tokens();
		$this->provider_fault( array( 'path_contains' => '/oauth/token' ), '{"type":"status","code":400,"body":{"reason":"Invalid Token!","error":"invalid_grant"}}' );
	}

	private function spoil(): void {
		$this->site->rows( "UPDATE wp_usermeta SET meta_value = REVERSE(meta_value) WHERE meta_key = 'kiviCare_doctor_zoom_telemed_config'" );
	}

	/**
	 * All is as it should be again, but for connections that ended.
	 */
	private function recover(): void {
		foreach ( array( 'transactions.json', 'guard.jsonl', 'guard-seen.jsonl' ) as $file ) {
			@unlink( $this->site->run . '/' . $file );
		}
		$this->native->admit();
		$this->site->sandbox( 'DELETE', '/faults' );
		foreach ( self::TABLES as $table ) {
			$this->site->rows( "DROP TRIGGER IF EXISTS kct_full_$table" );
			array() === $this->site->rows( "SHOW TABLES LIKE 'kct\\_hidden\\_$table'" ) || $this->site->rows( "RENAME TABLE kct_hidden_$table TO wp_$table" );
		}
	}
}
