<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Audit;

use KiviCare\Telemed\Audit\AuditLog;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Rest\MeetingDoorController;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\Fakes\KeepsHooks;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What is recorded, and what never is.
 */
final class AuditLogTest extends TestCase {

	use KeepsHooks;

	protected function setUp(): void {
		parent::setUp();
		$this->keep_hooks();
		delete_transient( 'kivicare_telemed_refused' );
		// The site's own log counts refusals, too.
		remove_all_actions( Gate::REFUSED_ACTION );
		( new AuditLog( $this->bridge ) )->register();
	}

	protected function tearDown(): void {
		$this->restore_hooks();
		delete_transient( 'kivicare_telemed_refused' );
		wp_set_current_user( 0 );
		unset( $GLOBALS['wp']->query_vars['rest_route'] );
		parent::tearDown();
	}

	public function test_connections_are_recorded_with_their_actor(): void {
		wp_set_current_user( $this->doctor );
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"hunter3"}' );
		$this->plugin->doctors()->forget_tokens( Provider::Zoom, $this->doctor );
		$this->plugin->doctors()->forget_tokens( Provider::Zoom, $this->doctor );

		$this->assertSame( array( 'doctor_connected', 'doctor_disconnected' ), $this->actions(), 'nothing is recorded twice' );
		$entry = $this->bridge->audited[0];
		$this->assertSame( array( $this->doctor, 'web', $this->doctor, 'zoom' ), array( $entry['actor_id'], $entry['source'], $entry['doctor_id'], $entry['provider'] ) );
		$this->assertStringNotContainsString( 'hunter', (string) wp_json_encode( $this->bridge->audited ) );
	}

	public function test_a_finished_operation_is_recorded_by_its_kind(): void {
		$this->bridge->journal = array( $this->operation( 4, 'create' ), $this->operation( 5, 'update' ), $this->operation( 6, 'cancel' ) );
		foreach ( array( 4, 5, 6, 0 ) as $id ) {
			do_action( Reconciler::DONE_ACTION, 41, array( 'operation_id' => $id ) + FakeBridge::ready( 41 ) );
		}
		do_action( Reconciler::DONE_ACTION, 41, FakeBridge::pending() );

		$this->assertSame( array( 'meeting_made', 'meeting_changed', 'meeting_cancelled' ), $this->actions() );
		$this->assertSame( array( 41, 7, 'googlemeet', '' ), array_values( array_intersect_key( $this->bridge->audited[0], array_flip( array( 'appointment_id', 'doctor_id', 'provider', 'detail' ) ) ) ) );
	}

	public function test_a_booking_is_recorded(): void {
		$id                    = $this->appointment();
		$this->bridge->outcome = FakeBridge::ready( $id );
		$this->bridge->journal = array( $this->operation( 1, 'create' ) );
		$this->plugin->meetings()->create( $id );

		$this->assertSame( array( 'meeting_made' ), $this->actions() );
	}

	public function test_settings_are_recorded_by_field_names_alone(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'oauth', 'client_id' => 'hunter1', 'client_secret' => 'hunter2' ) );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'oauth', 'client_id' => 'hunter4' ) );

		$this->assertSame( array( 'settings_changed', 'settings_changed' ), $this->actions() );
		$this->assertStringContainsString( 'client_secret', $this->bridge->audited[0]['detail'] );
		$this->assertSame( 'client_id', $this->bridge->audited[1]['detail'] );
		$this->assertStringNotContainsString( 'hunter', (string) wp_json_encode( $this->bridge->audited ) );
	}

	public function test_an_opened_host_link_and_its_webhook_source_are_recorded(): void {
		$GLOBALS['wp']->query_vars['rest_route'] = '/kivicare-telemed/v1/webhooks/zoom';
		do_action( MeetingDoorController::OPENED_ACTION, 41, array( 'doctor_id' => 7, 'provider' => 'zoom' ) );

		$this->assertSame( array( 'host_link_opened', 'webhook' ), array( $this->bridge->audited[0]['action'], $this->bridge->audited[0]['source'] ) );
	}

	public function test_refused_access_is_recorded_once_a_route_and_not_without_end(): void {
		for ( $i = 0; $i < 40; ++$i ) {
			$GLOBALS['wp']->query_vars['rest_route'] = "/kivicare-telemed/v1/appointments/{$i}/start";
			Gate::administrator();
			Gate::administrator();
		}
		$this->assertSame( array_fill( 0, 30, 'access_refused' ), $this->actions() );
		$this->assertSame( '/kivicare-telemed/v1/appointments/0/start', $this->bridge->audited[0]['detail'] );
	}

	public function test_a_failing_log_breaks_nothing(): void {
		$this->bridge->upkeep_error = new BridgeException( Failure::Store, 'the database is gone' );
		$this->plugin->doctors()->use_clinic_account( $this->doctor );

		$this->assertSame( array(), $this->bridge->audited );
		$this->assertTrue( $this->plugin->doctors()->is_shared( $this->doctor ) );
	}

	/** @return list<string> */
	private function actions(): array {
		return array_column( $this->bridge->audited, 'action' );
	}

	private function operation( int $id, string $kind ): array {
		return array( 'id' => $id, 'appointment_id' => 41, 'doctor_id' => 7, 'provider' => 'googlemeet', 'kind' => $kind, 'state' => 'done' );
	}
}
