<?php

declare(strict_types=1);

/**
 * A clinic's weeks in minutes: bookings, moves and cancellations from eight browsers, one doctor at Zoom, one at Google, while
 * every tenth answer of the providers is broken in one way or another. Afterwards all sides agree exactly.
 */
final class SoakTest extends RigTestCase {

	private const BROWSERS = 8;

	/**
	 * Share of broken answers, all kinds together.
	 */
	private const FAULTS = 0.1;

	protected function connect(): void {
		( new ZoomSide( $this->site ) )->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		( new GoogleSide( $this->site ) )->connect( (int) $this->site->seed['other_doctor_id'], 'doctor2@example.test' );
	}

	public function test_all_sides_agree_after_a_rough_time(): void {
		$actions = max( 40, (int) ( getenv( 'SOAK_ACTIONS' ) ?: 160 ) );
		$this->break_answers();
		$started = microtime( true );
		$counts  = array( 'booked' => 0, 'moved' => 0, 'cancelled' => 0, 'refused' => 0 );
		$ids     = $this->book_many( intdiv( $actions, 4 ), $counts );
		$done    = count( $ids );
		while ( $done < $actions ) {
			$done += $this->mixed_round( $ids, $counts, min( 80, $actions - $done ) );
		}
		$broken = array_sum( array_column( $this->site->sandbox( 'GET', '/state?log=0' )['faults'], 'hits' ) );
		self::assertGreaterThan( $actions * self::FAULTS / 4, $broken, 'answers broke' );
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->settle( 3 );
		$zoom   = $this->compare( new ZoomSide( $this->site ), (int) $this->site->seed['doctor_id'] );
		$google = $this->compare( new GoogleSide( $this->site ), (int) $this->site->seed['other_doctor_id'] );
		printf( "\nSOAK %s %.0f s zoom %s googlemeet %s\n", json_encode( $counts ), microtime( true ) - $started, json_encode( $zoom ), json_encode( $google ) );
		$wrong = 0;
		foreach ( array( 'lost', 'doubled', 'leaked', 'moved' ) as $kind ) {
			printf( "RESULT soak_%s %d meetings\n", $kind, $zoom[ $kind ] + $google[ $kind ] );
			$wrong += $zoom[ $kind ] + $google[ $kind ];
		}
		printf( "RESULT soak_actions %d actions\nRESULT soak_broken_answers %d answers\n", $done, $broken );
		self::assertSame( 0, $wrong );
		self::assertGreaterThan( 0, $counts['moved'] * $counts['cancelled'] );
	}

	/**
	 * Every kind of fault a little, before and after the effect. What breaks after Zoom has rotated a refresh token ends the
	 * connection for good, so the token endpoint breaks before it does anything.
	 */
	private function break_answers(): void {
		$status = static fn( int $code ): array => array( 'type' => 'status', 'code' => $code );
		$kinds  = array(
			array( $status( 500 ), 'before' ),
			array( $status( 503 ), 'after' ),
			array( $status( 429 ), 'before' ),
			array( array( 'type' => 'reset' ), 'before' ),
			array( array( 'type' => 'reset' ), 'after' ),
			array( array( 'type' => 'truncate' ), 'after' ),
			array( array( 'type' => 'delay', 'ms' => 500 ), 'after' ),
			array( array( 'type' => 'hang' ), 'after' ),
		);
		foreach ( $kinds as list( $action, $when ) ) {
			// A hang costs ten seconds.
			$chance = self::FAULTS / count( $kinds ) * ( 'hang' === $action['type'] ? 0.3 : 1.1 );
			foreach ( array( '/v2/', '/calendar/v3/' ) as $path ) {
				$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => $path ), 'action' => $action, 'when' => $when, 'times' => null, 'chance' => $chance ) );
			}
		}
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => '/token' ), 'action' => $status( 503 ), 'when' => 'before', 'times' => null, 'chance' => self::FAULTS ) );
	}

	/**
	 * @param array<string, int> $counts Counted up.
	 * @return list<int>
	 */
	private function book_many( int $count, array &$counts ): array {
		$calls = array();
		for ( $i = 0; $i < $count; $i++ ) {
			$calls[] = array( 'POST', 'kivicare/v1/appointments', $this->for_doctor( $i % 2, $this->site->booking( self::slot() ) ) );
		}
		$ids = array();
		foreach ( $this->admin->rest_many( $calls, self::BROWSERS ) as $answer ) {
			if ( 201 === $answer['status'] ) {
				$ids[] = self::id( $answer );
				++$counts['booked'];
			} else {
				++$counts['refused'];
			}
		}
		return $ids;
	}

	/**
	 * Bookings, moves and cancellations at the same time.
	 *
	 * @param list<int>          $ids    Booked visits; changed.
	 * @param array<string, int> $counts Counted up.
	 */
	private function mixed_round( array &$ids, array &$counts, int $size ): int {
		shuffle( $ids );
		$calls = array();
		$kinds = array();
		for ( $i = 0; $i < $size; $i++ ) {
			$kind = array( 'booked', 'moved', 'booked', 'cancelled' )[ $i % 4 ];
			if ( 'booked' === $kind || array() === $ids ) {
				$kind    = 'booked';
				$calls[] = array( 'POST', 'kivicare/v1/appointments', $this->for_doctor( $i % 8 < 4 ? 0 : 1, $this->site->booking( self::slot() ) ) );
			} elseif ( 'moved' === $kind ) {
				$id      = array_pop( $ids );
				$slot    = $this->site->booking( self::slot() );
				$calls[] = array( 'PUT', "kivicare/v1/appointments/$id", $this->edit( $id, array( 'appointmentStartDate' => $slot['appointmentStartDate'], 'appointmentStartTime' => $slot['appointmentStartTime'] ) + $this->service_of( $id ) ) );
			} else {
				$id      = array_pop( $ids );
				$calls[] = array( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
			}
			$kinds[] = $kind;
		}
		foreach ( $this->admin->rest_many( $calls, self::BROWSERS ) as $i => $answer ) {
			++$counts[ $answer['status'] < 300 ? $kinds[ $i ] : 'refused' ];
			if ( 201 === $answer['status'] ) {
				$ids[] = self::id( $answer );
			}
		}
		return count( $calls );
	}

	/**
	 * @param array<string, mixed> $booking Body.
	 * @return array<string, mixed>
	 */
	private function for_doctor( int $which, array $booking ): array {
		return ( 0 === $which ? array() : array( 'doctorId' => $this->site->seed['other_doctor_id'], 'serviceId' => array( $this->site->seed['other_mapping_id'] ) ) ) + $booking;
	}

	/**
	 * @return array<string, mixed>
	 */
	private function service_of( int $id ): array {
		$doctor = (int) $this->site->rows( 'SELECT doctor_id FROM wp_kc_appointments WHERE id = ?', array( $id ) )[0]['doctor_id'];
		return $doctor === (int) $this->site->seed['doctor_id'] ? array() : array( 'serviceId' => array( $this->site->seed['other_mapping_id'] ) );
	}
}
