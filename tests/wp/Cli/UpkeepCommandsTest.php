<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Cli;

use KiviCare\Telemed\Cli\Commands;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

require_once dirname( __DIR__ ) . '/Fakes/wp-cli.php';

/**
 * The commands, on a small stand-in for WP-CLI.
 */
final class UpkeepCommandsTest extends TestCase {

	protected function setUp(): void {
		parent::setUp();
		get_user_by( 'id', $this->doctor )->add_role( 'kiviCare_doctor' );
		( new Commands( $this->plugin ) )->add();
		\WP_CLI::$out = array();
	}

	protected function tearDown(): void {
		get_user_by( 'id', $this->doctor )->remove_role( 'kiviCare_doctor' );
		delete_option( Settings::SHARED_STATUS );
		parent::tearDown();
	}

	public function test_doctors_are_listed_and_mapped(): void {
		$this->share_account();
		$this->assertSame( array( 'Success: Doctor ' . $this->doctor . ' is mapped.' ), $this->run_command( 'doctors', 'map', array( (string) $this->doctor, 'dr@zoom.example' ) ) );
		$this->assertSame( 'dr@zoom.example', $this->plugin->zoom_users()->find( $this->doctor )->address );
		$listed = $this->run_command( 'doctors', 'list_', array(), array( 'search' => 'kct_test_doc', 'format' => 'json' ) );
		$this->assertSame( array( 'zoom' => 'not_connected', 'zoom_user' => 'dr@zoom.example' ), array_intersect_key( json_decode( substr( $listed[0], 5 ), true ), array( 'zoom' => 1, 'zoom_user' => 1 ) ) );
		$this->assertSame( array( (string) $this->doctor ), $this->run_command( 'doctors', 'list_', array(), array( 'search' => 'kct_test_doc', 'format' => 'ids' ) ) );

		$this->run_command( 'doctors', 'map', array( (string) $this->doctor, '' ) );
		$this->assertSame( array( '', 'unreviewed' ), array( $this->plugin->zoom_users()->id( $this->doctor ), $this->plugin->zoom_users()->find( $this->doctor )->reason ) );
		$this->assertFails( 'A Zoom user is', 'doctors', 'map', array( (string) $this->doctor, 'a b' ) );
		$this->assertFails( 'no such user', 'doctors', 'map', array( '99999999', 'x' ) );
	}

	public function test_meetings_are_listed_shown_repaired_and_cancelled(): void {
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$id = $this->appointment();
		$this->assertFails( 'no meeting', 'meetings', 'get', array( (string) $id ) );
		$this->operation( $id, 'parked' );
		$this->assertSame( array( (string) $id ), $this->run_command( 'meetings', 'list_', array(), array( 'state' => 'parked', 'format' => 'ids' ) ) );
		$this->assertStringContainsString( 'must connect again', implode( "\n", $this->run_command( 'meetings', 'get', array( (string) $id ) ) ) );

		$this->bridge->outcome = FakeBridge::ready( $id );
		$this->assertSame( array( "{$id}: ready" ), $this->run_command( 'meetings', 'repair', array( (string) $id ) ) );
		$this->assertTrue( $this->bridge->reconciled[0]['verify'] );
		$this->assertFails( 'not confirmed', 'meetings', 'cancel', array( (string) $id ) );
		$this->assertSame( array( 'ready' ), $this->run_command( 'meetings', 'cancel', array( (string) $id ), array( 'yes' => true, 'porcelain' => true ) ) );
		$this->assertNull( $this->bridge->reconciled[1]['visit'] );

		$this->bridge->outcome = FakeBridge::pending();
		$this->assertFails( 'halted', 'meetings', 'repair', array( (string) $id ) );
	}

	public function test_operations_are_retried_and_forgotten(): void {
		$id        = $this->appointment();
		$operation = $this->operation( $id, 'parked' );
		$done      = $this->operation( $id, 'done' );
		$this->assertSame( array( '1' ), $this->run_command( 'operations', 'list_', array(), array( 'state' => 'unfinished', 'format' => 'count' ) ) );

		$this->bridge->outcome = FakeBridge::ready( $id );
		$this->run_command( 'operations', 'retry', array( (string) $operation ), array( 'porcelain' => true ) );
		$this->assertSame( 'pending', $this->row( $operation )['state'] );
		$this->assertLessThanOrEqual( gmdate( 'Y-m-d H:i:s' ), $this->row( $operation )['resume_at'] );

		$this->assertSame( array( '1' ), $this->run_command( 'operations', 'forget', array( (string) $operation ), array( 'yes' => true, 'porcelain' => true ) ) );
		$this->assertSame( array( 'failed', 'given_up' ), array( $this->row( $operation )['state'], $this->row( $operation )['reason'] ) );
		$this->assertFails( 'The others are finished', 'operations', 'forget', array( (string) $done ), array( 'yes' => true ) );
		$this->assertSame( 'done', $this->row( $done )['state'] );
		$this->assertFails( 'no operation', 'operations', 'retry', array( '99999999' ) );
	}

	public function test_connections_are_tried(): void {
		$this->assertFails( 'no server-to-server app', 'zoom', 'test' );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => 'a', 'client_id' => 'c', 'client_secret' => 'hunter2' ) );
		$this->assertFails( 'No Zoom user is approved', 'zoom', 'test', array(), array( 'doctor' => (string) $this->doctor ) );
		$this->plugin->doctors()->map_zoom_user( $this->doctor, 'doctor@clinic.example' );
		$this->assertSame( array( 'Success: Zoom works.' ), $this->run_command( 'zoom', 'test', array(), array( 'doctor' => (string) $this->doctor ) ) );
		$this->assertFails( 'are needed', 'meet', 'test' );
		$this->plugin->google()->save( $this->bridge, array( 'enableCal' => 'Yes', 'client_id' => 'c', 'client_secret' => 'hunter2' ) );
		$this->assertFails( 'not connected', 'meet', 'test', array(), array( 'doctor' => (string) $this->doctor ) );

		$this->bridge->verdict = array( 'state' => 'refused', 'reason' => 'scope', 'message' => 'a scope is missing' );
		$this->assertFails( 'a scope is missing (scope)', 'meet', 'test' );
		$this->assertFails( 'halted', 'zoom', 'test', array(), array( 'porcelain' => true ) );
		$this->assertSame( array( 'scope' ), \WP_CLI::$out );
	}

	public function test_the_marketplace_sheet_names_urls_and_scopes(): void {
		$sheet = implode( "\n", array_map( 'stripslashes', $this->run_command( 'marketplace', '__invoke' ) ) );
		foreach ( array( Provider::Zoom->redirect_url(), Provider::GoogleMeet->redirect_url(), rest_url( 'kivicare-telemed/v1/webhooks/zoom' ), 'deauthorization_url', 'meeting:write:meeting:admin', 'app_deauthorized' ) as $part ) {
			$this->assertStringContainsString( $part, $sheet );
		}
	}

	public function test_the_audit_log_is_exported(): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::AUDIT, array( 'at' => '2031-01-01 10:00:00', 'actor_id' => 5, 'source' => 'web', 'action' => 'settings_changed', 'detail' => '=a, "b"' ) );
		$csv = $this->run_command( 'audit', 'export', array(), array( 'since' => '2031-01-01', 'until' => '2031-01-02' ) );
		$this->assertSame( 'id,at,actor_id,source,action,appointment_id,doctor_id,provider,detail,times,last_at', $csv[0] );
		$this->assertStringEndsWith( ',2031-01-01 10:00:00,5,web,settings_changed,0,0,,"\'=a, ""b""",1,', $csv[1] );

		$json = json_decode( implode( '', $this->run_command( 'audit', 'export', array(), array( 'format' => 'json' ) ) ), true );
		$this->assertSame( array( 5, '=a, "b"' ), array( $json[0]['actor_id'], $json[0]['detail'] ) );
		$this->assertSame( array( '[]' ), $this->run_command( 'audit', 'export', array(), array( 'format' => 'json', 'since' => '2032-01-01' ) ) );
		$this->assertFails( 'not a time', 'audit', 'export', array(), array( 'since' => 'yesteryear?' ) );
	}

	/**
	 * Runs a command and gives what it printed.
	 *
	 * @return list<string>
	 */
	private function run_command( string $noun, string $verb, array $args = array(), array $flags = array() ): array {
		\WP_CLI::$out = array();
		\WP_CLI::$commands[ "kivicare-telemed {$noun}" ]->$verb( $args, $flags );
		return \WP_CLI::$out;
	}

	private function assertFails( string $message, string $noun, string $verb, array $args = array(), array $flags = array() ): void {
		try {
			$this->run_command( $noun, $verb, $args, $flags );
		} catch ( \RuntimeException $end ) {
			$this->assertSame( 1, $end->getCode() );
			$this->assertStringContainsString( $message, $end->getMessage() );
			return;
		}
		$this->fail( "{$noun} {$verb} ended well" );
	}

	private function operation( int $appointment_id, string $state ): int {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => $appointment_id, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => 'create', 'state' => $state, 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'message' => 'The doctor must connect again.', 'created_at' => '2031-01-01 00:00:00', 'updated_at' => '2031-01-01 00:00:00' ) );
		return (int) $wpdb->insert_id;
	}

	private function row( int $id ): array {
		global $wpdb;
		return $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}" . Schema::OPERATIONS . ' WHERE id = %d', $id ), ARRAY_A );
	}
}
