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

	public static function durations(): array {
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

	public static function statuses(): array {
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
	public function test_failed_call_keeps_the_booking_and_writes_nothing( \Throwable $error, string $reason ): void {
		$id                       = $this->appointment();
		$this->bridge->outcome    = $error;
		$this->bridge->note_error = $error;

		$this->assertTrue( $this->create( $id ) );
		$this->assertSame( $reason, $this->errors[0][0] );
		$this->assertStringNotContainsString( 'hunter2', wp_json_encode( $this->errors ) );
		$this->assertSame( array(), $this->journal( $id ), 'nothing is written inside the booking' );

		$this->plugin->agenda()->work();
		$this->assertSame( array( '1' ), $this->notes( $id ), 'afterwards it is noted on our own connection' );
	}

	public static function failures(): array {
		return array(
			'store'         => array( new BridgeException( Failure::Store, 'the database is away' ), 'store' ),
			'configuration' => array( new BridgeException( Failure::Configuration, 'no Zoom account' ), 'configuration' ),
			'type error'    => array( new \TypeError( 'password hunter2' ), 'internal' ),
		);
	}

	/**
	 * @return list<string> How often the appointment was told of.
	 */
	private function notes( int $id ): array {
		global $wpdb;
		return $wpdb->get_col( $wpdb->prepare( "SELECT noted FROM {$wpdb->prefix}kc_telemed_noted WHERE appointment_id = %d", $id ) );
	}

	public function test_a_failing_listener_of_a_made_meeting_does_not_take_it_away(): void {
		$id                    = $this->appointment();
		$this->bridge->outcome = FakeBridge::ready( $id );
		$listener              = static fn() => throw new \RuntimeException( 'listener' );
		add_action( 'kivicare_telemed_meeting_made', $listener );
		$made = $this->create( $id );
		remove_action( 'kivicare_telemed_meeting_made', $listener );
		$this->assertSame( '8812345', $made['id'] ?? null );
	}

	public function test_failing_listener_does_not_break_the_booking(): void {
		$listener = static fn() => throw new \RuntimeException( 'listener' );
		add_action( 'kivicare_telemed_error', $listener );
		$this->assertTrue( $this->create( $this->appointment() ) );
		remove_action( 'kivicare_telemed_error', $listener );
		$this->assertCount( 1, $this->bridge->created );
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
