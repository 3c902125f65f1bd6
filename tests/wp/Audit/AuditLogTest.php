<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Audit;

use KiviCare\Telemed\Audit\AuditLog;
use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\KiviCare\EventTemplate;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Overview\OperationStates;
use KiviCare\Telemed\Queue\Schedule;
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
		delete_transient( 'kivicare_telemed_refused_web' );
		// The site's own log counts refusals, too.
		remove_all_actions( Gate::REFUSED_ACTION );
		( new AuditLog( $this->bridge ) )->register();
	}

	protected function tearDown(): void {
		$this->restore_hooks();
		delete_transient( 'kivicare_telemed_refused_web' );
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
		foreach ( array( array( 4 ), array( 6, 5 ), array() ) as $finished ) {
			do_action( Reconciler::DONE_ACTION, 41, array( 'finished' => $finished ) + FakeBridge::ready( 41 ) );
		}
		do_action( Reconciler::DONE_ACTION, 41, FakeBridge::pending() );

		$this->assertSame( array( 'meeting_made', 'meeting_changed', 'meeting_cancelled' ), $this->actions() );
		$this->assertSame( array( 41, 7, 'googlemeet', '' ), array_values( array_intersect_key( $this->bridge->audited[0], array_flip( array( 'appointment_id', 'doctor_id', 'provider', 'detail' ) ) ) ) );
	}

	public function test_a_meeting_that_nobody_can_delete_is_not_called_cancelled(): void {
		$this->bridge->journal = array( array( 'state' => 'failed' ) + $this->operation( 4, 'cancel' ) );
		do_action( Reconciler::DONE_ACTION, 41, array( 'finished' => array( 4 ) ) + FakeBridge::ready( 41 ) );
		$this->assertSame( array( 'meeting_left_behind' ), $this->actions() );
	}

	public function test_what_led_to_a_meeting_is_recorded(): void {
		$this->bridge->journal = array( $this->operation( 4, 'update' ) );
		$done                  = static fn() => do_action( Reconciler::DONE_ACTION, 41, array( 'finished' => array( 4 ), 'mended' => 'moved_back' ) + FakeBridge::ready( 41 ) );
		foreach ( array( Sweep::ACTION, Schedule::WORK ) as $action ) {
			remove_all_actions( $action );
			add_action( $action, $done );
			do_action( $action );
		}
		$GLOBALS['wp']->query_vars['rest_route'] = '/kivicare/v1/appointments/41';
		$done();

		$this->assertSame( array( 'sweep; moved_back', 'queue; moved_back', '/kivicare/v1/appointments/41; moved_back' ), array_column( $this->bridge->audited, 'detail' ) );
	}

	public function test_a_visitor_without_a_nonce_is_recorded_by_the_login(): void {
		$_COOKIE[ LOGGED_IN_COOKIE ] = wp_generate_auth_cookie( $this->doctor, time() + 60, 'logged_in' );
		wp_set_current_user( 0 );
		Gate::administrator();
		unset( $_COOKIE[ LOGGED_IN_COOKIE ] );

		$this->assertSame( array( $this->doctor ), array_column( $this->bridge->audited, 'actor_id' ) );
	}

	public function test_a_change_of_a_doctors_zoom_user_is_recorded_without_it(): void {
		$this->share_account();
		$this->bridge->audited = array();
		$this->plugin->doctors()->map_zoom_user( $this->doctor, 'hunter@zoom.example' );
		$this->plugin->doctors()->map_zoom_user( $this->doctor, 'hunter@zoom.example' );
		$this->plugin->doctors()->map_zoom_user( $this->doctor, '' );

		$this->assertSame( array( 'doctor_mapped', 'doctor_mapped' ), $this->actions(), 'no change, no record' );
		$this->assertSame( $this->doctor, $this->bridge->audited[0]['doctor_id'] );
		$this->assertStringNotContainsString( 'hunter', (string) wp_json_encode( $this->bridge->audited ) );
	}

	public function test_a_doctors_own_app_that_the_clinics_takes_over_from_is_recorded(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => 'a', 'client_id' => 'c', 'client_secret' => 'hunter2' ) );
		$this->plugin->doctors()->use_own_app( $this->doctor, 'account', 'client', 'hunter3' );
		$this->plugin->doctors()->drop_own_app( $this->doctor );
		$this->plugin->doctors()->drop_own_app( $this->doctor );

		$this->assertSame( array( 'settings_changed', 'doctor_connected', 'doctor_disconnected' ), $this->actions() );
	}

	public function test_the_event_template_and_the_retention_are_recorded(): void {
		$template = new EventTemplate();
		$before   = $template->get();
		$template->save( 'hunter title', 'text' );
		$template->save( 'hunter title', 'other' );
		$template->save( 'hunter title', 'other' );
		update_option( Retention::OPTION, 30 );
		delete_option( Retention::OPTION );
		$details = array_column( $this->bridge->audited, 'detail' );
		0 === $before['ID'] ? wp_delete_post( $template->get()['ID'], true ) : $template->save( $before['post_title'], $before['post_content'] );

		$this->assertContains( 'event template', $details );
		$this->assertSame( Retention::OPTION, end( $details ) );
		$this->assertSame( 0 === $before['ID'] ? 1 : 2, count( array_keys( $details, 'event template', true ) ), 'no change, no record' );
		$this->assertStringNotContainsString( 'hunter', (string) wp_json_encode( $this->bridge->audited ) );
	}

	public function test_operations_that_are_given_up_are_recorded(): void {
		do_action( OperationStates::GIVEN_UP_ACTION, 1, array( 3, 4 ) );
		$this->assertSame( array( 'operations_given_up', '1 of 3, 4' ), array( $this->bridge->audited[0]['action'], $this->bridge->audited[0]['detail'] ) );
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

	public function test_refused_access_is_recorded_once_a_route(): void {
		foreach ( array( 1, 1, 2 ) as $i ) {
			$GLOBALS['wp']->query_vars['rest_route'] = "/kivicare-telemed/v1/appointments/{$i}/start";
			Gate::administrator();
			Gate::administrator();
		}
		$this->assertSame( array( '/kivicare-telemed/v1/appointments/1/start', '/kivicare-telemed/v1/appointments/2/start' ), array_column( $this->bridge->audited, 'detail' ) );
	}

	public function test_a_failing_log_breaks_nothing(): void {
		$this->share_account();
		$this->bridge->audited      = array();
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
