<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\KiviCare\ZoomProvider;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * The provider as KiviCare calls it.
 */
final class ZoomProviderTest extends TestCase {

	private const TOKENS = '{"access_token":"a","refresh_token":"r","expires_in":3600}';

	public function test_ready_meeting_is_returned_with_its_link(): void {
		$id                    = $this->appointment();
		$this->bridge->outcome = FakeBridge::ready( $id );

		$this->assertSame(
			array(
				'id'             => '8812345',
				'join_url'       => 'https://zoom.example/j/8812345?pwd=a%2Bb',
				'appointment_id' => $id,
			),
			$this->create( $id )
		);
		$this->assertSame( array(), $this->errors );
	}

	public function test_row_is_passed_instead_of_the_arguments(): void {
		update_user_meta( $this->doctor, 'timezone', 'Asia/Kolkata' );
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$id = $this->appointment();
		$this->create( $id );

		$this->assertSame(
			array(
				'appointment_id'    => $id,
				'start'             => '2031-03-05 10:00:00',
				'timezone'          => 'Europe/Berlin',
				'fallback_timezone' => 'Asia/Kolkata',
				'duration_minutes'  => 45,
				'topic'             => 'Video consultation',
				'start_url'         => rest_url( "kivicare-telemed/v1/appointments/{$id}/start" ),
				'patient_id'        => self::PATIENT,
				'provider'          => 'zoom',
				'doctor_id'         => $this->doctor,
				'host'              => FakeBridge::zoom_id( 'doctor@clinic.example' ),
				'doctor_tokens'     => false,
				'app'               => null,
			),
			$this->bridge->created[0]
		);
	}

	public function test_site_zone_is_the_fallback_of_a_doctor_without_a_valid_one(): void {
		update_user_meta( $this->doctor, 'timezone', 'Mars/Olympus' );
		$this->create( $this->appointment( array( 'appointment_timezone' => '' ) ) );

		$this->assertSame( '', $this->bridge->created[0]['timezone'] );
		$this->assertSame( wp_timezone_string(), $this->bridge->created[0]['fallback_timezone'] );
	}

	/**
	 * @dataProvider durations
	 */
	public function test_duration( array $row, int $argument, int $expected ): void {
		$this->create( $this->appointment( $row ), $argument );
		$this->assertSame( $expected, $this->bridge->created[0]['duration_minutes'] );
	}

	public function durations(): array {
		return array(
			'over midnight'          => array( array( 'appointment_start_time' => '23:30:00', 'appointment_end_date' => '2031-03-06', 'appointment_end_time' => '00:30:00' ), 20, 60 ),
			'no end: argument'       => array( array( 'appointment_end_date' => null, 'appointment_end_time' => null ), 20, 20 ),
			'no end and no argument' => array( array( 'appointment_end_date' => null, 'appointment_end_time' => null ), 0, 30 ),
			'very short'             => array( array( 'appointment_end_time' => '10:05:00' ), 5, 15 ),
		);
	}

	/**
	 * @dataProvider statuses
	 */
	public function test_status_decides_whether_there_is_a_meeting( int $status, int $calls ): void {
		$this->assertTrue( $this->create( $this->appointment( array( 'status' => $status ) ) ) );
		$this->assertCount( $calls, $this->bridge->created );
	}

	public function statuses(): array {
		return array(
			'cancelled'  => array( 0, 0 ),
			'booked'     => array( 1, 1 ),
			'pending'    => array( 2, 0 ),
			'checked out' => array( 3, 0 ),
			'checked in' => array( 4, 1 ),
		);
	}

	public function test_only_the_doctors_own_telemed_service_gets_a_meeting(): void {
		$this->assertTrue( $this->create( $this->appointment( array(), 'no' ) ) );
		$this->assertTrue( $this->create( $this->appointment( array(), 'yes', $this->doctor + 1 ) ) );
		$this->assertTrue( $this->create( 999999999 ) );
		$this->assertSame( array(), $this->bridge->created );
		$this->assertSame( array(), $this->errors );
	}

	public function test_pending_meeting_keeps_the_booking_and_says_why(): void {
		$id = $this->appointment();

		$this->assertTrue( $this->create( $id ) );
		$this->assertSame( array( array( 'unavailable', 'Zoom does not answer', $id ) ), $this->errors );
		$this->assertSame( array(), $this->journal( $id ), 'the extension keeps its own journal' );
	}

	/**
	 * @dataProvider failures
	 */
	public function test_failed_call_is_kept_for_later( \Throwable $error, string $state, string $reason ): void {
		$id                    = $this->appointment();
		$this->bridge->outcome = $error;

		$this->assertTrue( $this->create( $id ) );
		$this->assertTrue( $this->create( $id ) );

		$rows = $this->journal( $id );
		$this->assertSame( $state, $rows[0]['state'] );
		$this->assertSame( $reason, $rows[0]['reason'] );
		$this->assertSame( array( 'create', 'zoom', (string) $this->doctor ), array( $rows[0]['kind'], $rows[0]['provider'], $rows[0]['doctor_id'] ) );
		$this->assertMatchesRegularExpression( '/^[0-9a-f]{32}$/', $rows[0]['marker'] );
		$this->assertSame(
			array( 'start' => '2031-03-05 10:00:00', 'timezone' => 'Europe/Berlin', 'fallback_timezone' => wp_timezone_string(), 'duration' => 45 ),
			json_decode( $rows[0]['request'], true )
		);
		$this->assertStringNotContainsString( 'hunter2', $rows[0]['message'] . $this->errors[0][1] );
		$this->assertCount( 'pending' === $state ? 1 : 2, $rows, 'an unfinished operation is not doubled' );
	}

	public function failures(): array {
		return array(
			'store'         => array( new BridgeException( Failure::Store, 'the database is away' ), 'pending', 'store' ),
			'configuration' => array( new BridgeException( Failure::Configuration, 'no Zoom account' ), 'pending', 'configuration' ),
			'invalid'       => array( new BridgeException( Failure::InvalidInput, 'the time zone is unknown' ), 'failed', 'invalid_input' ),
			'type error'    => array( new \TypeError( 'password hunter2' ), 'pending', 'internal' ),
		);
	}

	public function test_kept_operation_goes_with_a_rolled_back_booking(): void {
		global $wpdb;
		$this->bridge->outcome = new BridgeException( Failure::Store, 'the database is away' );
		$wpdb->query( 'START TRANSACTION' );
		$id = $this->appointment();
		$this->create( $id );
		$this->assertCount( 1, $this->journal( $id ) );
		$wpdb->query( 'ROLLBACK' );

		$this->assertSame( array(), $this->journal( $id ) );
	}

	public function test_failing_listener_does_not_break_the_booking(): void {
		$listener = static fn() => throw new \RuntimeException( 'listener' );
		add_action( 'kivicare_telemed_error', $listener );
		$this->assertTrue( $this->create( $this->appointment() ) );
		remove_action( 'kivicare_telemed_error', $listener );
		$this->assertCount( 1, $this->bridge->created );
	}

	public function test_rotated_tokens_are_read_again(): void {
		global $wpdb;
		$id = $this->appointment();
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, 'old' );
		$this->assertSame( 'old', get_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, true ) );
		$wpdb->update( $wpdb->usermeta, array( 'meta_value' => 'new' ), array( 'user_id' => $this->doctor, 'meta_key' => DoctorConnections::ZOOM_TOKENS ) );
		$this->bridge->outcome = array( 'token_refreshed' => true ) + FakeBridge::ready( $id );
		$this->create( $id );

		$this->assertSame( 'new', get_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, true ) );
	}

	public function test_cancel_asks_nobody_before_the_rows_are_committed(): void {
		$id                    = $this->appointment( array( 'status' => 0 ) );
		$this->bridge->outcome = new BridgeException( Failure::Provider, 'Zoom refused' );

		$this->assertTrue( $this->provider()->cancel_meeting_by_appointment( (string) $id ) );
		$this->assertSame( array(), $this->bridge->reconciled );

		$this->assertSame( 1, $this->plugin->agenda()->work() );
		$this->assertSame( $id, $this->bridge->reconciled[0]['appointment_id'] );
		$this->assertSame( $this->doctor, $this->bridge->reconciled[0]['holder']['doctor_id'] );
		$this->assertSame( array( array( 'provider', 'Zoom refused', $id ) ), $this->errors );
	}

	public function test_update_is_a_truthy_no_op(): void {
		$this->assertNotEmpty( $this->provider()->update_meeting( '8812345', array( 'start_time' => '2031-01-01 10:00:00' ) ) );
		$this->assertSame( array(), $this->bridge->created );
	}

	public function test_zoom_serves_only_its_own_doctors(): void {
		$this->assertEmpty( $this->provider()->get_doctor_access_token( $this->doctor ) );

		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'client_id' => 'c', 'client_secret' => 's', 'account_id' => 'a' ) );
		$this->assertSame( 'sealed', $this->provider()->get_doctor_access_token( $this->doctor ) );
		$this->assertArrayNotHasKey( 'auth_type', $this->provider()->get_config() );

		update_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, 'on' );
		$this->assertEmpty( $this->provider()->get_doctor_access_token( $this->doctor ) );

		$this->plugin->doctors()->connect( $this->doctor, self::TOKENS );
		delete_option( Settings::OPTION );
		$this->assertSame( 'sealed', $this->provider()->get_doctor_access_token( $this->doctor ) );
	}

	public function test_hooks_are_added_once(): void {
		$this->provider()->init_hook();
		$count = static fn() => array_sum( array_map( 'count', $GLOBALS['wp_filter']['wp_ajax_kc_test_zoom_connection']->callbacks ?? array() ) );
		$first = $count();
		$this->provider()->init_hook();

		$this->assertSame( 1, $first );
		$this->assertSame( 1, $count() );
	}

	private function provider(): ZoomProvider {
		return new ZoomProvider( Settings::OPTION );
	}

	private function create( int $appointment_id, int $minutes = 30 ): mixed {
		return $this->provider()->create_meeting(
			array(
				'appointment_id' => $appointment_id,
				'duration'       => $minutes,
				'start_time'     => '1999-01-01 00:00:00',
				'timezone'       => '+05:30',
				'topic'          => 'HIV test',
				'doctor_id'      => 1,
			)
		);
	}
}
