<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\KiviCare\Findings;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What committed rows say about a meeting.
 */
final class ReconcilerTest extends TestCase {

	private int $patient;

	protected function setUp(): void {
		parent::setUp();
		$user          = get_user_by( 'login', 'kct_test_patient' );
		$this->patient = $user ? $user->ID : (int) wp_insert_user( array( 'user_login' => 'kct_test_patient', 'user_pass' => wp_generate_password() ) );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'client_id' => 'c', 'client_secret' => 's', 'account_id' => 'a' ) );
		$this->bridge->outcome = FakeBridge::ready( 1 );
	}

	protected function tearDown(): void {
		global $wpdb;
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'patient_id' => $this->patient ) );
		parent::tearDown();
	}

	/**
	 * @dataProvider rows
	 * @param array<string, mixed> $row      Columns that differ.
	 * @param string               $telemed  telemed_service of the offer.
	 * @param string               $expected meeting, none or kept.
	 */
	public function test_a_row_says_what_should_be( array $row, string $telemed, string $expected ): void {
		$id      = $this->visit( $row, $telemed );
		$outcome = $this->plugin->reconciler()->run( $id );
		if ( 'kept' === $expected ) {
			$this->assertSame( array(), $this->bridge->reconciled );
			$this->assertSame( 'kept', $outcome['state'] );
			return;
		}
		$asked = $this->bridge->reconciled[0];
		$this->assertSame( 'meeting' === $expected, null !== $asked['visit'] );
		$this->assertFalse( $asked['gone'] );
	}

	/**
	 * @return array<string, array{array<string, mixed>, string, string}>
	 */
	public static function rows(): array {
		return array(
			'booked'             => array( array( 'status' => 1 ), 'yes', 'meeting' ),
			'checked in'         => array( array( 'status' => 4 ), 'yes', 'meeting' ),
			'cancelled'          => array( array( 'status' => 0 ), 'yes', 'none' ),
			'waits for payment'  => array( array( 'status' => 2 ), 'yes', 'kept' ),
			'checked out'        => array( array( 'status' => 3 ), 'yes', 'kept' ),
			'not telemed'        => array( array( 'status' => 1 ), 'no', 'none' ),
			'patient is deleted' => array( array( 'status' => 1, 'patient_id' => 990002 ), 'yes', 'none' ),
		);
	}

	public function test_what_changes_while_the_provider_is_asked_is_followed(): void {
		$id                      = $this->visit( array( 'status' => 1 ), 'yes' );
		$this->bridge->meanwhile = static function () use ( $id ): void {
			global $wpdb;
			$wpdb->update( $wpdb->prefix . 'kc_appointments', array( 'status' => 0 ), array( 'id' => $id ) );
		};
		$this->plugin->reconciler()->run( $id );
		$this->assertSame( array( false, true ), array_map( static fn( array $asked ): bool => null === $asked['visit'], $this->bridge->reconciled ) );
	}

	public function test_a_connection_that_comes_back_while_a_meeting_is_ended_makes_it_anew(): void {
		$id = $this->visit( array( 'status' => 1 ), 'yes' );
		// Switched to Google Meet, without tokens for it: nobody serves the doctor.
		update_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, 'on' );
		$this->bridge->meanwhile = fn() => update_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, 'off' );
		$this->plugin->reconciler()->run( $id );
		$this->assertSame( array( true, false ), array_map( static fn( array $asked ): bool => null === $asked['visit'], $this->bridge->reconciled ) );
	}

	public function test_nothing_is_asked_twice_while_nothing_changes(): void {
		$this->plugin->reconciler()->run( $this->visit( array( 'status' => 1 ), 'yes' ) );
		$this->assertCount( 1, $this->bridge->reconciled );
	}

	public function test_a_missing_row_ends_its_meeting_through_the_connection_that_made_it(): void {
		$this->bridge->mappings[] = array( 'extra' => '{"via":"own","doctor_id":77}' ) + FakeBridge::mapping( 999999999, '5' );
		$this->plugin->reconciler()->run( 999999999 );

		$asked = $this->bridge->reconciled[0];
		$this->assertTrue( $asked['gone'] );
		$this->assertNull( $asked['visit'] );
		$this->assertSame( 77, $asked['holder']['doctor_id'] );
	}

	public function test_a_row_that_is_not_committed_yet_is_left_alone(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$id      = $this->visit( array() );
		$sent    = $this->statements( fn() => $this->plugin->reconciler()->run( $id ), $outcome );
		$wpdb->query( 'ROLLBACK' );

		$this->assertSame( array(), $this->bridge->reconciled );
		$this->assertSame( 'store', $outcome['reason'] );
		$this->assertSame( array(), preg_grep( '/FOR UPDATE|LOCK IN|FOR SHARE/i', $sent ), 'a lock would wait for this very request' );
	}

	public function test_while_a_row_is_not_committed_its_note_stays(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$id = $this->visit( array() );
		$this->plugin->runner()->only( array( array( 'appointment_id' => $id, 'verify' => true, 'noted' => $this->bridge->note( $id, true ) ) ), 20 );
		$wpdb->query( 'ROLLBACK' );
		$this->assertArrayHasKey( $id, $this->bridge->notes );
	}

	public function test_a_row_that_was_rolled_back_is_gone(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$id = $this->visit( array() );
		$wpdb->query( 'ROLLBACK' );
		$this->plugin->reconciler()->run( $id );
		$this->assertTrue( $this->bridge->reconciled[0]['gone'] );
	}

	/**
	 * Where both connections were refused when KiviCare changed the visit, no note of it is left.
	 *
	 * @dataProvider changes
	 * @param array<string, mixed> $row   What the visit's row says now, besides its patient.
	 * @param array<string, mixed> $extra What the meeting was made for.
	 */
	public function test_a_sweep_finds_what_no_note_was_left_of( array $row, array $extra, bool $found ): void {
		$id    = $this->visit( $row );
		$extra = array_replace( array( 'via' => 'own', 'doctor_id' => $this->doctor, 'patient_id' => $this->patient, 'start_time' => '2031-03-05T09:00:00Z', 'duration' => 45 ), $extra );
		$this->map( $id, (string) wp_json_encode( $extra ) );
		$this->assertSame( $found, in_array( $id, $this->plugin->sweep()->out_of_line(), true ) );
	}

	/**
	 * @return array<string, array{array<string, mixed>, array<string, mixed>, bool}>
	 */
	public static function changes(): array {
		return array(
			'nothing'                          => array( array(), array(), false ),
			'another time'                     => array( array( 'appointment_start_time' => '09:45:00' ), array(), true ),
			'a longer visit'                   => array( array( 'appointment_end_time' => '11:00:00' ), array(), true ),
			'another patient'                  => array( array(), array( 'patient_id' => 990777 ), true ),
			'another doctor'                   => array( array(), array( 'doctor_id' => 990777 ), true ),
			'of the add-on before: not said'   => array( array(), array( 'via' => null, 'doctor_id' => 0, 'patient_id' => 0, 'duration' => 0, 'start_time' => '' ), false ),
			'another patient, and checked out' => array( array( 'status' => 3 ), array( 'patient_id' => 990777 ), false ),
		);
	}

	public function test_a_sweep_that_fails_looks_at_the_same_again(): void {
		$id   = $this->visit( array() );
		$from = array( 'seen' => $id - 1, 'at' => 0 );
		update_option( Findings::PROGRESS, $from );
		$this->bridge->busy = true;
		$this->plugin->sweep()->run();
		$this->assertSame( $from, get_option( Findings::PROGRESS ), 'another run was at work' );
		$this->bridge->busy    = false;
		$this->bridge->outcome = new BridgeException( Failure::Store, 'the database is away' );
		$this->plugin->sweep()->run();
		$this->assertSame( $from, get_option( Findings::PROGRESS ), 'the queue could not be read' );
		$this->bridge->outcome = FakeBridge::ready( $id );
		$this->plugin->sweep()->run();
		$this->assertNotSame( $from, get_option( Findings::PROGRESS ) );
		delete_option( Findings::PROGRESS );
	}

	/**
	 * Statements sent while something is done.
	 *
	 * @param mixed $result What it returned.
	 * @return list<string>
	 */
	private function statements( callable $act, mixed &$result ): array {
		$sent  = array();
		$watch = static function ( string $sql ) use ( &$sent ): string {
			$sent[] = $sql;
			return $sql;
		};
		add_filter( 'query', $watch );
		$result = $act();
		remove_filter( 'query', $watch );
		return $sent;
	}

	public function test_a_doctor_who_moved_to_google_meet_has_no_zoom_meeting(): void {
		update_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, 'on' );
		$this->plugin->reconciler()->run( $this->visit( array() ) );
		$this->assertNull( $this->bridge->reconciled[0]['visit'] );
	}

	public function test_the_sweep_finds_what_no_hook_told_of(): void {
		$missing   = $this->visit( array() );
		$cancelled = $this->visit( array( 'status' => 0 ) );
		$fine      = $this->visit( array() );
		$waiting   = $this->visit( array( 'status' => 2 ) );
		$past      = $this->visit( array( 'appointment_start_date' => '2021-03-05', 'appointment_end_date' => '2021-03-05' ) );
		foreach ( array( $cancelled, $fine, 999999998 ) as $id ) {
			$this->map( $id );
		}
		$found = $this->plugin->sweep()->out_of_line();

		$this->assertContains( $missing, $found );
		$this->assertContains( $cancelled, $found );
		$this->assertContains( 999999998, $found );
		$this->assertSame( array(), array_intersect( array( $fine, $waiting, $past ), $found ) );
	}

	public function test_the_sweep_finds_a_meeting_that_was_not_moved_with_its_visit(): void {
		$moved = $this->visit( array() );
		$fine  = $this->visit( array() );
		$this->map( $moved, '{"start_time":"2031-03-05T08:00:00Z"}' );
		// 10:00 in Berlin.
		$this->map( $fine, '{"start_time":"2031-03-05T09:00:00Z"}' );
		$found = $this->plugin->sweep()->out_of_line();
		$this->assertContains( $moved, $found );
		$this->assertNotContains( $fine, $found );
	}

	private function map( int $id, string $extra = '{}' ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . 'kc_appointment_zoom_mappings', array( 'appointment_id' => $id, 'zoom_id' => '1', 'extra' => $extra ) );
	}

	/**
	 * @param array<string, mixed> $row Columns that differ.
	 */
	private function visit( array $row, string $telemed = 'yes' ): int {
		return $this->appointment( $row + array( 'patient_id' => $this->patient ), $telemed );
	}
}
