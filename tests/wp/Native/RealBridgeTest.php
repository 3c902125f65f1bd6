<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Native;

use KCTApp\models\KCTAppointmentZoomMapping;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Tests\TestCase;

/**
 * The same promises with the loaded extension.
 *
 * @group native
 */
final class RealBridgeTest extends TestCase {

	private Bridge $native;

	protected function setUp(): void {
		parent::setUp();
		$this->plugin = $this->use_real_bridge();
		$this->native = $this->plugin->bridge();
	}

	public function test_versions_are_equal(): void {
		$this->assertSame( Plugin::VERSION, $this->native->version() );
	}

	public function test_sealed_secret_is_recognised_and_hides_the_text(): void {
		$sealed = $this->native->seal( 'hunter2', 'user:1', 'test' );

		$this->assertTrue( $this->native->is_sealed( $sealed ) );
		$this->assertFalse( $this->native->is_sealed( 'hunter2' ) );
		$this->assertStringNotContainsString( 'hunter2', $sealed );
		$this->assertStringNotContainsString( base64_encode( 'hunter2' ), $sealed );
		$this->assertTrue( $this->native->is_sealed( $this->native->reseal( $sealed, 'user:1', 'test' ) ) );
	}

	public function test_sealed_secret_is_bound_to_its_owner(): void {
		$sealed = $this->native->seal( 'hunter2', 'user:1', 'test' );
		$this->expectException( BridgeException::class );
		$this->native->reseal( $sealed, 'user:2', 'test' );
	}

	public function test_settings_and_tokens_are_stored_sealed(): void {
		$this->plugin->settings()->save_zoom( $this->native, array( 'auth_type' => 'oauth', 'client_id' => 'cid', 'client_secret' => 'hunter2' ) );
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"r","expires_in":3600}' );

		$this->assertTrue( $this->native->is_sealed( get_option( Settings::OPTION )['client_secret'] ) );
		$this->assertTrue( $this->native->is_sealed( $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) ) );
	}

	public function test_row_committed_elsewhere_is_seen_inside_kivicares_transaction(): void {
		global $wpdb;
		$table = $wpdb->prefix . Schema::ZOOM_MAPPINGS;
		$wpdb->query( 'START TRANSACTION' );
		$this->assertSame( '0', $wpdb->get_var( "SELECT COUNT(*) FROM {$table} WHERE appointment_id = 77" ) );
		$other = new \wpdb( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		$this->assertSame( 1, $other->insert( $table, array( 'appointment_id' => 77, 'zoom_id' => '8877', 'zoom_uuid' => 'u', 'start_url' => 's', 'join_url' => 'https://zoom.example/j/8877', 'password' => 'p', 'extra' => '{}', 'created_at' => '2031-01-01 00:00:00', 'updated_at' => '2031-01-01 00:00:00' ) ) );

		$this->assertSame( '0', $wpdb->get_var( "SELECT COUNT(*) FROM {$table} WHERE appointment_id = 77" ), 'the snapshot does not show it' );
		$row = KCTAppointmentZoomMapping::query()->where( 'appointmentId', 77 )->first();
		$this->assertSame( array( '8877', 'https://zoom.example/j/8877' ), array( $row->zoomId, $row->joinUrl ) );
		$this->assertSame( 77, KCTAppointmentZoomMapping::query()->where( 'zoomId', '8877' )->first()->appointmentId );
	}

	public function test_booking_survives_an_unconfigured_clinic(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$id = $this->appointment();
		$this->assertTrue( $this->plugin->meetings()->create( $id ) );
		$wpdb->query( 'COMMIT' );

		$this->assertNotSame( array(), $this->errors );
		$this->assertNotSame( array(), $this->journal( $id ), 'the meeting is owed' );
	}
}
