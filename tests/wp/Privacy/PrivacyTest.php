<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Privacy;

use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomUser;
use KiviCare\Telemed\Connect\ZoomUserBook;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Privacy\Eraser;
use KiviCare\Telemed\Privacy\Exporter;
use KiviCare\Telemed\Privacy\PersonalRows;
use KiviCare\Telemed\Privacy\PolicyText;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Tests\TestCase;

/**
 * A person's data goes out whole, and goes away alone.
 */
final class PrivacyTest extends TestCase {

	private const EXTRA = '{"via":"own","doctor_id":5,"start_time":"2031-03-05T09:00:00Z","patient_id":990002,"answer":"accepted","participants":[{"id":"zoom-id","state":"left","joined_at":"2031-03-05T09:01:00Z","left_at":"2031-03-05T09:40:00Z"}],"kept":"by others"}';

	private int $patient;

	protected function setUp(): void {
		parent::setUp();
		$user          = get_user_by( 'login', 'kct_privacy_patient' );
		$this->patient = $user ? $user->ID : (int) wp_insert_user( array( 'user_login' => 'kct_privacy_patient', 'user_pass' => wp_generate_password(), 'user_email' => 'patient@clinic.example' ) );
	}

	protected function tearDown(): void {
		global $wpdb;
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'patient_id' => $this->patient ) );
		delete_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED );
		require_once ABSPATH . 'wp-admin/includes/user.php';
		wp_delete_user( $this->patient );
		parent::tearDown();
	}

	public function test_a_patients_export_has_attendance_and_no_way_in(): void {
		$id = $this->visit( $this->patient );
		$this->visit( self::PATIENT );
		$export = $this->export( 'patient@clinic.example' );

		$this->assertStringContainsString( '2031-03-05T09:40:00Z', $export );
		$this->assertStringContainsString( 'accepted', $export );
		$this->assertStringContainsString( "kivicare-telemed-meetings-zoom-{$id}", $export );
		$this->assertSame( 1, substr_count( $export, 'kivicare-telemed-meetings-zoom' ), 'the neighbour is not in it' );
		foreach ( array( 's3cret', 'zoom.example', 'zoom-id' ) as $secret ) {
			$this->assertStringNotContainsString( $secret, $export );
		}
	}

	public function test_a_doctors_export_says_connected_and_shows_no_token(): void {
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"hunter3"}' );
		$this->audit( $this->doctor, 0 );
		$export = $this->export( 'doctor@clinic.example' );

		$this->assertStringContainsString( '{"name":"Zoom","value":"connected"}', $export );
		$this->assertStringContainsString( '{"name":"Action","value":"test"}', $export );
		$this->assertStringNotContainsString( 'fake', $export );
		$this->assertStringNotContainsString( 'hunter', $export );
	}

	public function test_exports_come_in_pages(): void {
		for ( $i = 0; $i < 101; ++$i ) {
			$this->audit( $this->doctor, 0 );
		}
		$exporter = $this->exporter();
		$first    = $exporter->export( 'doctor@clinic.example', 1 );
		$second   = $exporter->export( 'doctor@clinic.example', 2 );
		$this->assertSame( array( 100, false, 1, true ), array( count( $first['data'] ), $first['done'], count( $second['data'] ), $second['done'] ) );
		$this->assertSame( array( 'data' => array(), 'done' => true ), $exporter->export( 'nobody@clinic.example' ) );
	}

	public function test_a_patient_is_erased_and_the_neighbour_stays(): void {
		$ahead     = $this->visit( $this->patient );
		$past      = $this->visit( $this->patient, '2020-03-05 10:45:00' );
		$neighbour = $this->visit( self::PATIENT );
		$this->audit( $this->patient, $ahead );
		$this->audit( self::PATIENT, $neighbour );
		$erased = $this->eraser()->erase( 'patient@clinic.example' );

		$this->assertSame( array( true, false, true ), array( $erased['items_removed'], $erased['items_retained'], $erased['done'] ) );
		$extra = $this->extra( $ahead );
		$this->assertSame( array( 'via', 'doctor_id', 'start_time', 'patient_id', 'kept' ), array_keys( $extra ), 'a visit ahead is still this patient\'s' );
		$this->assertArrayNotHasKey( 'patient_id', $this->extra( $past ) );
		$this->assertSame( json_decode( self::EXTRA, true ), $this->extra( $neighbour ) );
		$this->assertSame( array( '0', (string) self::PATIENT ), $this->actors() );
		$this->assertFalse( $this->eraser()->erase( 'patient@clinic.example' )['items_removed'], 'nothing is left' );
	}

	public function test_a_doctor_is_erased_with_the_connection(): void {
		global $wpdb;
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"hunter3"}' );
		$this->share_account();
		$this->plugin->doctors()->map_zoom_user( $this->doctor, 'dr@zoom.example' );
		foreach ( array( $this->doctor, $this->doctor + 1 ) as $doctor ) {
			$wpdb->replace( $wpdb->prefix . Schema::CONNECTIONS, array( 'doctor_id' => $doctor, 'provider' => 'zoom', 'state' => 'healthy' ) );
		}
		$this->operation( 'done' );
		$this->operation( 'pending' );
		$erased = $this->eraser()->erase( 'doctor@clinic.example' );

		$this->assertTrue( $erased['items_retained'] );
		$this->assertCount( 1, $erased['messages'] );
		$this->assertSame( array( $this->doctor ), $this->bridge->revoked );
		$this->assertSame( '', get_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, true ) );
		$this->assertEquals( new ZoomUser( $this->doctor, reason: ZoomUser::UNREVIEWED ), $this->plugin->zoom_users()->find( $this->doctor ) );
		$this->assertSame( array( (string) ( $this->doctor + 1 ) ), $wpdb->get_col( "SELECT doctor_id FROM {$wpdb->prefix}" . Schema::CONNECTIONS ) );
		$this->assertSame( array( '0', (string) $this->doctor ), $wpdb->get_col( "SELECT doctor_id FROM {$wpdb->prefix}" . Schema::OPERATIONS . ' ORDER BY id' ) );
	}

	/**
	 * Whoever was not to be taken with all others before the erasure is not afterwards either.
	 *
	 * @testWith ["waits"]
	 *           ["approved, then another address"]
	 *           ["expired"]
	 */
	public function test_an_erasure_lets_nobody_in_who_waited_for_an_administrator( string $case ): void {
		$this->share_account();
		get_user_by( 'id', $this->doctor )->add_role( Gate::DOCTOR );
		$book = new ZoomUserBook();
		if ( 'waits' === $case ) {
			$book->put( new ZoomUser( $this->doctor, reason: ZoomUser::UNREVIEWED ) );
		} else {
			$this->plugin->doctors()->map_zoom_user( $this->doctor, 'dr@zoom.example' );
			'expired' === $case && $book->expire();
		}
		$this->plugin->zoom_users()->forget( $this->doctor );
		$state = fn(): array => array_column( array_map( static fn( Offer $offer ): array => array( $offer->doctor_id, $offer->state ), $this->plugin->zoom_offers()->offer_all() ), 1, 0 );

		$erased = $this->eraser()->erase( 'doctor@clinic.example' );
		$this->assertSame( 'waits' !== $case, $erased['items_removed'] );
		$this->assertFalse( $this->eraser()->erase( 'doctor@clinic.example' )['items_removed'], 'nothing is left' );
		$row = $GLOBALS['wpdb']->get_row( "SELECT * FROM {$GLOBALS['wpdb']->prefix}kc_telemed_zoom_users WHERE doctor_id = {$this->doctor}", ARRAY_A );
		$this->assertSame( array( '', '', '', '0' ), array( $row['zoom_user_id'], $row['address'], $row['account_id'], $row['approved_by'] ) );
		$this->assertSame( ZoomUser::UNREVIEWED, $state()[ $this->doctor ] );
		get_user_by( 'id', $this->doctor )->remove_role( Gate::DOCTOR );
	}

	public function test_tools_and_policy_are_offered(): void {
		$this->assertArrayHasKey( 'kivicare-telemed', apply_filters( 'wp_privacy_personal_data_exporters', array() ) );
		$this->assertArrayHasKey( 'kivicare-telemed', apply_filters( 'wp_privacy_personal_data_erasers', array() ) );
		global $wpdb;
		$this->assertStringContainsString( '400 days', ( new PolicyText( new Retention( new Constants() ) ) )->text() );
	}

	private function exporter(): Exporter {
		global $wpdb;
		return new Exporter( new PersonalRows(), $this->plugin->doctors(), $this->plugin->zoom_users() );
	}

	private function eraser(): Eraser {
		global $wpdb;
		return new Eraser( new PersonalRows(), $this->plugin->doctors(), $this->plugin->disconnection(), $this->plugin->zoom_users() );
	}

	private function export( string $email ): string {
		return (string) wp_json_encode( $this->exporter()->export( $email )['data'] );
	}

	private function visit( int $patient, string $ends_at = '2031-03-05 10:45:00' ): int {
		global $wpdb;
		$id = $this->appointment( array( 'patient_id' => $patient ) );
		$wpdb->insert( $wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'appointment_id' => $id, 'zoom_id' => '777', 'join_url' => 'https://zoom.example/j/777?pwd=s3cret', 'password' => 's3cret', 'extra' => self::EXTRA, 'ends_at' => $ends_at ) );
		return $id;
	}

	private function audit( int $actor, int $appointment_id ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::AUDIT, array( 'at' => '2031-01-01 00:00:00', 'actor_id' => $actor, 'action' => 'test', 'appointment_id' => $appointment_id ) );
	}

	private function operation( string $state ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => 990950, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => 'create', 'state' => $state, 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'created_at' => '2031-01-01 00:00:00', 'updated_at' => '2031-01-01 00:00:00' ) );
	}

	private function extra( int $id ): array {
		global $wpdb;
		return json_decode( (string) $wpdb->get_var( $wpdb->prepare( "SELECT extra FROM {$wpdb->prefix}" . Schema::ZOOM_MAPPINGS . ' WHERE appointment_id = %d', $id ) ), true );
	}

	/** @return list<string> */
	private function actors(): array {
		global $wpdb;
		return $wpdb->get_col( "SELECT actor_id FROM {$wpdb->prefix}" . Schema::AUDIT . " WHERE action = 'test' ORDER BY id" );
	}
}
