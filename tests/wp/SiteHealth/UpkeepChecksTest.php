<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\SiteHealth;

use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\SiteHealth\ConnectionsCheck;
use KiviCare\Telemed\SiteHealth\DatabaseCheck;
use KiviCare\Telemed\SiteHealth\DebugInformation;
use KiviCare\Telemed\SiteHealth\ProviderCheck;
use KiviCare\Telemed\SiteHealth\QueueCheck;
use KiviCare\Telemed\SiteHealth\QueueFacts;
use KiviCare\Telemed\SiteHealth\WebhookCheck;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Each check's good and bad result, and a section that gives nothing away.
 */
final class UpkeepChecksTest extends TestCase {

	private QueueFacts $facts;

	/** Answer of the site's own webhook address. */
	private array|\WP_Error $answer = array();

	protected function setUp(): void {
		parent::setUp();
		global $wpdb;
		$this->facts = new QueueFacts();
		wp_schedule_single_event( time() + 3600, Sweep::ACTION );
		add_filter( 'pre_http_request', array( $this, 'answer' ) );
	}

	protected function tearDown(): void {
		remove_filter( 'pre_http_request', array( $this, 'answer' ) );
		wp_unschedule_hook( Sweep::ACTION );
		wp_set_current_user( 0 );
		delete_option( Settings::SHARED_STATUS );
		parent::tearDown();
	}

	public function answer(): array|\WP_Error {
		return $this->answer;
	}

	public function test_database_and_providers_good_and_bad(): void {
		$checks = array( new DatabaseCheck( $this->bridge ), new ProviderCheck( Provider::Zoom, $this->bridge, static fn(): bool => true ) );
		$this->assertSame( array( 'good', 'good' ), array_map( static fn( $check ): string => $check->run()['status'], $checks ) );
		$this->assertStringContainsString( 'TLS 1.3', $checks[1]->run()['description'] );

		$this->bridge->tls = null;
		$this->assertSame( 'recommended', $checks[1]->run()['status'] );
		$this->bridge->upkeep_error = new BridgeException( Failure::Store, 'no <connection>' );
		$this->assertSame( array( 'critical', 'critical' ), array_map( static fn( $check ): string => $check->run()['status'], $checks ) );
		$this->assertStringContainsString( 'no &lt;connection&gt;', $checks[0]->run()['description'] );
	}

	public function test_sessions_that_cannot_be_counted_are_named(): void {
		$this->bridge->counts_sessions = false;
		$result                        = ( new DatabaseCheck( $this->bridge ) )->run();
		$this->assertSame( 'recommended', $result['status'] );
		$this->assertStringContainsString( '/', $result['description'] );
		$this->assertStringContainsString( 'TMPDIR', $result['description'] );
	}

	public function test_a_drop_in_for_the_database_is_named_when_the_extension_does_not_get_through(): void {
		$check = new DatabaseCheck( $this->bridge );
		file_put_contents( WP_CONTENT_DIR . '/db.php', '<?php' );
		try {
			$this->assertStringNotContainsString( 'db.php', $check->run()['description'] );
			$this->bridge->upkeep_error = new BridgeException( Failure::Store, 'no connection' );
			$this->assertStringContainsString( 'db.php', $check->run()['description'] );
		} finally {
			unlink( WP_CONTENT_DIR . '/db.php' );
		}
		$this->assertStringNotContainsString( 'db.php', $check->run()['description'] );
	}

	public function test_a_provider_that_is_not_used_is_not_checked(): void {
		$add = fn( bool $used ): array => ( new ProviderCheck( Provider::GoogleMeet, $this->bridge, static fn(): bool => $used ) )->add( array() );
		$this->assertSame( array(), $add( false ) );
		$this->assertSame( rest_url( 'kivicare-telemed/v1/health/googlemeet' ), $add( true )['async']['kivicare_telemed_googlemeet']['test'] );
	}

	public function test_the_queue_is_judged_by_its_oldest_due_operation(): void {
		$check = new QueueCheck( $this->facts );
		$this->operation( 'pending', -60 );
		$this->operation( 'parked', 7200 );
		$this->assertSame( 'good', $check->run()['status'] );
		$this->operation( 'pending', -7200 );
		$this->assertSame( 'recommended', $check->run()['status'] );
		$this->operation( 'parked', -200000 );
		$this->assertSame( 'critical', $check->run()['status'] );
	}

	public function test_a_queue_without_a_date_is_noticed(): void {
		if ( function_exists( 'as_has_scheduled_action' ) && as_has_scheduled_action( Sweep::ACTION ) ) {
			as_unschedule_all_actions( Sweep::ACTION );
		}
		wp_unschedule_hook( Sweep::ACTION );
		$this->assertSame( 'recommended', ( new QueueCheck( $this->facts ) )->run()['status'] );
	}

	public function test_ended_connections_are_counted(): void {
		global $wpdb;
		$check = new ConnectionsCheck( $this->facts );
		$this->assertSame( 'good', $check->run()['status'] );
		foreach ( array( 'healthy', 'reconnect', 'revoked' ) as $i => $state ) {
			$wpdb->insert( $wpdb->prefix . Schema::CONNECTIONS, array( 'doctor_id' => 990100 + $i, 'provider' => 'zoom', 'state' => $state ) );
		}
		$this->assertSame( 'recommended', $check->run()['status'] );
		$this->assertStringContainsString( '2 connections', $check->run()['description'] );
	}

	public function test_the_webhook_address_must_be_answered_by_us(): void {
		$check = new WebhookCheck( $this->plugin->settings() );
		$this->assertSame( array(), $check->add( array() ), 'no events are expected' );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'none', 'webhook_secret' => 'hunter2' ) );
		$this->assertArrayHasKey( 'kivicare_telemed_webhook', $check->add( array() )['async'] );

		$this->answer = $this->response( 401, '{"code":"webhook_refused"}' );
		$this->assertSame( 'good', $check->run()['status'] );
		foreach ( array( $this->response( 401, 'Authorization required' ), $this->response( 403, '' ), new \WP_Error( 'http_request_failed', 'timed out' ) ) as $answer ) {
			$this->answer = $answer;
			$this->assertSame( 'recommended', $check->run()['status'] );
		}
	}

	public function test_asynchronous_checks_are_for_administrators(): void {
		$request = new \WP_REST_Request( 'GET', '/kivicare-telemed/v1/health/zoom' );
		$this->assertSame( 401, rest_get_server()->dispatch( $request )->get_status() );
		wp_set_current_user( 1 );
		$this->assertSame( 200, rest_get_server()->dispatch( $request )->get_status() );
	}

	public function test_the_section_is_stable_and_gives_nothing_away(): void {
		global $wpdb;
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => 'hunter1', 'client_id' => 'hunter2', 'client_secret' => 'hunter3' ) );
		$this->operation( 'pending', 60 );
		$section = ( new DebugInformation( fn() => $this->plugin->status(), self::met(), $this->facts, new Retention( new Constants() ) ) )->add( array( 'other' => array() ) );
		$fields  = array_map( static fn( array $field ): string => $field['value'], $section['kivicare-telemed']['fields'] );

		$this->assertSame( array( 'plugin', 'extension', 'requirements', 'site', 'tables', 'key', 'zoom', 'zoom_ready', 'google_meet', 'operations', 'connections', 'queue_age', 'sweep', 'retention_days' ), array_keys( $fields ) );
		$this->assertSame( 'in_flight 0, pending 1, parked 0, failed 0, done 0', $fields['operations'] );
		$this->assertArrayHasKey( 'other', $section );
		$this->assertStringNotContainsString( 'hunter', implode( ' ', $fields ) );
		$this->assertStringNotContainsString( 'fake', implode( ' ', $fields ) );
	}

	private function response( int $code, string $body ): array {
		return array( 'headers' => array(), 'body' => $body, 'response' => array( 'code' => $code, 'message' => '' ), 'cookies' => array() );
	}

	private function operation( string $state, int $due ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => 990960, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => 'create', 'state' => $state, 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'resume_at' => gmdate( 'Y-m-d H:i:s', time() + $due ), 'created_at' => '2031-01-01 00:00:00', 'updated_at' => '2031-01-01 00:00:00' ) );
	}
}
