<?php

declare(strict_types=1);

/**
 * Things around us fail: the database restarts, the provider is away, clocks are wrong, a disk is full, many processes want
 * one token at once. Bookings are accepted or refused, never half, and afterwards all is settled.
 */
abstract class OutageTestCase extends RigTestCase {

	protected function tearDown(): void {
		foreach ( array( 'kct_full_journal', 'kct_full_mapping' ) as $trigger ) {
			$this->site->rows( "DROP TRIGGER IF EXISTS $trigger" );
		}
		parent::tearDown();
	}

	public function test_a_provider_that_is_away_for_a_while(): void {
		$kept = $this->book_one();
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => 'googlemeet' === $this->provider() ? '/calendar/' : '/v2/' ), 'action' => array( 'type' => 'reset' ), 'times' => null, 'when' => 'before' ) );
		$ids = array( $this->book_one(), $this->book_one(), $this->book_one() );
		$this->admin->rest( 'PUT', "kivicare/v1/appointments/$kept/status", array( 'id' => $kept, 'status' => 0 ) );
		$this->admin->rest( 'PUT', "kivicare/v1/appointments/{$ids[0]}/status", array( 'id' => $ids[0], 'status' => 0 ) );
		$this->quiet();
		$this->settle( 1 );
		self::assertGreaterThan( 0, $this->compare()['lost'], 'it is still away' );
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->settle();
		$this->assert_settled( 4 );
	}

	public function test_a_database_that_restarts(): void {
		$this->book_one();
		$this->restart_database();
		$this->book_one();
		$this->assert_settled( 2 );
	}

	public function test_a_journal_that_cannot_be_written(): void {
		$this->site->rows( "CREATE TRIGGER kct_full_journal BEFORE INSERT ON wp_kc_telemed_operations FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'" );
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertContains( $answer['status'], array( 201, 500 ), $answer['body'] );
		self::assertSame( 0, array_sum( array_intersect_key( $this->compare(), array( 'doubled' => 1, 'leaked' => 1 ) ) ), 'nothing is made that is not written down' );
		$this->site->rows( 'DROP TRIGGER kct_full_journal' );
		$this->settle();
		$this->assert_settled( 201 === $answer['status'] ? 1 : 0 );
	}

	public function test_a_mapping_that_cannot_be_written(): void {
		$table = $this->side->names()['table'];
		$this->site->rows( "CREATE TRIGGER kct_full_mapping BEFORE INSERT ON $table FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'" );
		$this->book_one();
		$this->site->rows( 'DROP TRIGGER kct_full_mapping' );
		$this->settle();
		$this->assert_settled( 1 );
	}

	/**
	 * One host's clock is ten minutes ahead, then behind.
	 *
	 * @testWith ["+10m"]
	 *           ["-10m"]
	 */
	public function test_a_host_whose_clock_is_wrong( string $skew ): void {
		$ids = array( $this->book_one(), $this->book_one() );
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'DELETE' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		$this->admin->rest( 'PUT', "kivicare/v1/appointments/{$ids[0]}/status", array( 'id' => $ids[0], 'status' => 0 ) );
		$this->quiet();
		$this->site->sandbox( 'DELETE', '/faults' );
		$before = $this->side->calls();
		$this->site->php( 'do_action( "kivicare_telemed_sweep" );', array( 'faketime', '-f', $skew ) );
		self::assertLessThanOrEqual( array_sum( $before ) + 20, array_sum( $this->side->calls() ), 'no storm' );
		$this->settle( 1 );
		$this->assert_settled( 2 );
		$this->book_one();
		$this->assert_settled( 3 );
	}

	/**
	 * Every process asks with a dead token inside a transaction; half of them are rolled back.
	 */
	public function test_thirty_two_processes_refresh_once( int $rounds = 3 ): void {
		$id       = $this->book_one();
		$refresh  = fn(): int => (int) ( $this->side->calls()[ $this->side->refresh ] ?? 0 );
		$before   = $refresh();
		$code     = 'global $wpdb; $wpdb->query( "START TRANSACTION" ); update_option( "kct_storm", getmypid() );'
			. '$outcome = KiviCare\Telemed\Plugin::instance()->reconciler()->run( ' . $id . ', true );'
			. '$wpdb->query( getmypid() % 2 ? "ROLLBACK" : "COMMIT" ); echo $outcome["state"];';
		for ( $round = 0; $round < $rounds; $round++ ) {
			$this->side->expire_tokens();
			self::assertSame( array( 'ready' ), array_values( array_unique( $this->site->php_many( $code, 32 ) ) ) );
		}
		printf( "\nRESULT refreshes_%s_for_%d_expiries %d requests\n", $this->provider(), $rounds, $refresh() - $before );
		self::assertSame( $rounds, $refresh() - $before );
		$this->book_one();
		$this->assert_settled( 2 );
	}

	private function book_one(): int {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		return self::id( $answer );
	}

	private function assert_settled( int $visits ): void {
		self::assertSame( array( 'visits' => $visits, 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 ), $this->compare() );
	}

	private function restart_database(): void {
		$script = dirname( __DIR__ ) . '/site/db.sh';
		exec( 'bash ' . escapeshellarg( $script ) . ' restart 2>&1 < /dev/null', $output, $status );
		self::assertSame( 0, $status, implode( "\n", $output ) );
		$this->site = Site::from_environment();
		$this->side = ProviderSide::of( $this->provider(), $this->site );
	}
}
