<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Config\CachedMetas;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\KiviCare\CommittedDatabase;
use KiviCare\Telemed\KiviCare\Notes;
use KiviCare\Telemed\KiviCare\OpenTransactions;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Work after the response, while KiviCare has left its transaction open.
 */
final class OwnConnectionTest extends TestCase {

	private const OPTION = 'kct_own_connection';

	protected function tearDown(): void {
		global $wpdb;
		$wpdb->query( 'ROLLBACK' );
		$this->refuse( 0.0 );
		delete_option( self::OPTION );
		delete_transient( self::OPTION );
		function_exists( 'as_unschedule_all_actions' ) && as_unschedule_all_actions( 'kct_own_connection' );
		parent::tearDown();
	}

	public function test_what_is_written_stands_although_the_transaction_is_never_committed(): void {
		global $wpdb;
		$theirs = $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$this->assertTrue(
			OwnConnection::run(
				function (): void {
					update_option( self::OPTION, 'ours', false );
					set_transient( self::OPTION, 'ours', 60 );
					update_user_meta( $this->doctor, 'kct_own_connection', 'ours' );
					function_exists( 'as_schedule_single_action' ) && as_schedule_single_action( time() + 600, 'kct_own_connection' );
				}
			)
		);
		$this->assertSame( $theirs, $wpdb );
		$wpdb->query( 'ROLLBACK' );
		wp_cache_flush();
		$this->assertSame( array( 'ours', 'ours', 'ours' ), array( get_option( self::OPTION ), get_transient( self::OPTION ), get_user_meta( $this->doctor, 'kct_own_connection', true ) ) );
		$this->assertTrue( ! function_exists( 'as_has_scheduled_action' ) || as_has_scheduled_action( 'kct_own_connection' ) );
		delete_user_meta( $this->doctor, 'kct_own_connection' );
	}

	public function test_what_was_cached_inside_the_transaction_is_not_believed(): void {
		global $wpdb;
		update_option( self::OPTION, 'before', true );
		$wpdb->query( 'START TRANSACTION' );
		update_option( self::OPTION, 'never committed' );
		$seen = array();
		OwnConnection::run(
			static function () use ( &$seen ): void {
				$seen[] = get_option( self::OPTION );
			}
		);
		$seen[] = get_option( self::OPTION );
		$this->assertSame( array( 'before', 'never committed' ), $seen );
	}

	public function test_the_connection_is_put_back_whatever_happens(): void {
		global $wpdb;
		$theirs = $wpdb;
		try {
			OwnConnection::run( static fn() => throw new \RuntimeException( 'work' ) );
			$this->fail( 'it is passed on' );
		} catch ( \RuntimeException ) {
			$this->assertSame( $theirs, $wpdb );
		}
	}

	public function test_it_knows_the_names_of_all_tables(): void {
		global $wpdb;
		$wpdb->kct_somebodys = $wpdb->prefix . 'kct_somebodys';

		$own = CommittedDatabase::shared();
		foreach ( $wpdb->tables( 'all' ) + array( 'kct_somebodys' => $wpdb->kct_somebodys ) as $table => $name ) {
			$this->assertSame( $name, $own->$table );
		}
		unset( $wpdb->kct_somebodys );
		$this->assertSame( array( $wpdb->prefix, $wpdb->base_prefix, $wpdb->blogid, $wpdb->charset, $wpdb->suppress_errors ), array( $own->prefix, $own->base_prefix, $own->blogid, $own->charset, $own->suppress_errors ) );
	}

	public function test_without_a_connection_nothing_is_done_inside_a_transaction_and_all_outside_of_one(): void {
		global $wpdb;
		$this->refuse( microtime( true ) + 3600 );
		$done = 0;
		$work = static function () use ( &$done ): void {
			++$done;
		};
		$wpdb->query( 'START TRANSACTION' );
		$this->assertFalse( OwnConnection::run( $work ) );
		$this->assertSame( 0, ( new Notes() )->write( 5 ) );
		$this->assertFalse( OwnConnection::may_write() );
		$wpdb->query( 'ROLLBACK' );
		$this->assertTrue( OwnConnection::run( $work ) );
		$this->assertSame( 1, $done );
	}

	/**
	 * @testWith [["START TRANSACTION"], true]
	 *           [["begin"], true]
	 *           [["START TRANSACTION", "COMMIT"], false]
	 *           [["START TRANSACTION", "SAVEPOINT a", "ROLLBACK TO SAVEPOINT a"], true]
	 *           [["START TRANSACTION", "  rollback"], false]
	 *           [["SET autocommit = 0", "SELECT 1"], true]
	 *           [["SET autocommit = 0", "SET autocommit=1"], false]
	 * @param list<string> $statements Sent one after the other.
	 */
	public function test_it_is_known_when_a_transaction_is_open( array $statements, bool $open ): void {
		global $wpdb;
		array_map( array( $wpdb, 'query' ), $statements );
		$this->assertSame( $open, OpenTransactions::may_be_open() );
		array_map( array( $wpdb, 'query' ), array( 'SET autocommit = 1', 'ROLLBACK' ) );
	}

	public function test_a_note_of_ours_is_the_extensions(): void {
		global $wpdb;
		$notes = new Notes();
		$this->assertSame( 1, $notes->write_to_verify( 999999001 ) );
		$this->assertSame( 2, $notes->write( 999999001 ) );
		$row = $wpdb->get_row( "SELECT * FROM {$wpdb->prefix}kc_telemed_noted WHERE appointment_id = 999999001", ARRAY_A );
		$this->assertSame( array( '1', '2' ), array( $row['verify'], $row['noted'] ) );
		$this->assertEqualsWithDelta( time() + 60, (int) $row['due_at'], 30 );
	}

	public function test_the_cache_knows_that_there_are_tokens_and_not_which(): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, 'sealed-row' );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, 'on' );
		$this->assertTrue( $this->plugin->doctors()->has_own_tokens( $this->doctor ) );
		$this->assertSame( array( CachedMetas::MARK ), wp_cache_get( $this->doctor, 'user_meta' )[ DoctorConnections::ZOOM_TOKENS ] );
		$this->assertSame( 'sealed-row', $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );
		delete_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS );
		$this->assertFalse( $this->plugin->doctors()->has_own_tokens( $this->doctor ) );
	}

	public function test_what_a_transaction_shows_does_not_stay_in_the_cache(): void {
		global $wpdb;
		delete_user_meta( $this->doctor, 'kct_own_connection' );
		$wpdb->query( 'START TRANSACTION' );
		add_user_meta( $this->doctor, 'kct_own_connection', 'never committed' );
		$this->assertSame( 'never committed', get_user_meta( $this->doctor, 'kct_own_connection', true ) );
		CachedMetas::forget_reads();
		$this->assertFalse( wp_cache_get( $this->doctor, 'user_meta' ) );
	}

	/**
	 * Refuses connections of our own up to a moment.
	 */
	private function refuse( float $until ): void {
		$database = new \ReflectionClass( CommittedDatabase::class );
		$database->getProperty( 'shared' )->setValue( null, null );
		$database->getProperty( 'refused_at' )->setValue( null, $until );
	}
}
