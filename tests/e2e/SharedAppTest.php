<?php

declare(strict_types=1);

/**
 * Server-to-server: the clinic's app for all doctors, or a doctor's own.
 */
final class SharedAppTest extends SiteTestCase {

	private const CONFIG = 'kivicare/v1/settings/zoom-telemed/doctor-config';
	private const TEST   = 'kivicare/v1/settings/zoom-telemed/test-connection';

	private Browser $doctor;

	private int $doctor_id;

	protected function setUp(): void {
		parent::setUp();
		$this->doctor    = $this->site->login( 'doctor' );
		$this->doctor_id = (int) $this->site->seed['doctor_id'];
		$seed            = $this->site->provider_seed();
		$this->site->sandbox( 'POST', '/clients', array( 'client_id' => 'own-app', 'client_secret' => 'own-app-secret-1', 'scopes' => $seed['scopes'] ) );
		$this->site->sandbox( 'POST', '/accounts', array( 'account_id' => $seed['account_id'], 'client_id' => 'own-app' ) );
	}

	protected function tearDown(): void {
		// The app is proven again, which a fault of the test would refuse.
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/connect.php', true ) . ';' );
		parent::tearDown();
	}

	public function test_the_admin_page_shows_masks_and_keeps_what_comes_back_masked(): void {
		$admin  = $this->site->login( 'admin' );
		$before = $this->option();
		$shown  = $admin->rest( 'GET', 'kivicare/v1/settings/zoom-telemed' );
		$this->keep( $shown );
		$data = $shown['json']['data'];
		self::assertTrue( $shown['json']['status'] );
		self::assertSame( array( 'server-to-server', 'sandbox-client', $this->site->url . '/wp-json/kivicare/v1/settings/zoom-telemed/callback' ), array( $data['auth_type'], $data['client_id'], $data['redirect_url'] ) );
		self::assertStringNotContainsString( $this->site->provider_seed()['client_secret'], $shown['body'] );
		self::assertStringNotContainsString( 'kct1.', $shown['body'] );

		$saved = $admin->rest( 'PUT', 'kivicare/v1/settings/zoom-telemed', array( 'auth_type' => $data['auth_type'], 'client_id' => $data['client_id'], 'client_secret' => $data['client_secret'], 'server_to_server_enabled' => 'No' ) );
		self::assertTrue( $saved['json']['status'], $saved['body'] );
		self::assertSame( $before, $this->option() );
		self::assertSame( 201, $this->book()['status'] );
	}

	/**
	 * @dataProvider forms
	 * @param array<string, mixed> $form Body.
	 */
	public function test_older_forms_of_the_settings_are_understood( array $form, string $auth_type, string $switch ): void {
		$admin = $this->site->login( 'admin' );
		$saved = $admin->rest( 'PUT', 'kivicare/v1/settings/zoom-telemed', $form );
		self::assertTrue( $saved['json']['status'], $saved['body'] );
		self::assertSame( array( $auth_type, $switch ), array( $this->option()['auth_type'], $this->option()['enableCal'] ) );
	}

	/**
	 * @return array<string, array{array<string, mixed>, string, string}>
	 */
	public static function forms(): array {
		$keys = array( 'client_id' => 'c', 'client_secret' => 's' );
		return array(
			'switch as text'        => array( array( 'enableCal' => 'Yes' ) + $keys, 'oauth', 'Yes' ),
			'switch as boolean'     => array( array( 'enableCal' => true ) + $keys, 'oauth', 'Yes' ),
			'switch off'            => array( array( 'enableCal' => 'No' ), 'none', 'No' ),
			'camel case'            => array( array( 'enableCal' => 'true', 'clientId' => 'c', 'clientSecret' => 's' ), 'oauth', 'Yes' ),
			'nested'                => array( array( 'data' => array( 'enableCal' => 'Yes' ) + $keys ), 'oauth', 'Yes' ),
			'server-to-server flag' => array( array( 'server_to_server_enabled' => 'Yes' ), 'server-to-server', 'Yes' ),
		);
	}

	public function test_incomplete_and_unknown_settings_are_explained(): void {
		$admin = $this->site->login( 'admin' );
		$this->site->php( 'delete_option( "kiviCare_zoom_telemed_setting" );' );
		foreach ( array( array( 'auth_type' => 'oauth', 'client_id' => 'c', 'client_secret' => '' ), array( 'auth_type' => 'jwt' ) ) as $form ) {
			$answer = $admin->rest( 'PUT', 'kivicare/v1/settings/zoom-telemed', $form );
			self::assertSame( array( 200, false ), array( $answer['status'], $answer['json']['status'] ) );
			self::assertNotSame( '', $answer['json']['message'] );
		}
		self::assertSame( array(), $this->site->rows( "SELECT option_id FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" ) );
	}

	public function test_a_doctors_own_app_hosts_the_doctors_visits(): void {
		$saved = $this->doctor->rest( 'PUT', self::CONFIG, $this->form() + array( 'enable_server_to_server' => true ) );
		self::assertSame( 200, $saved['status'], $saved['body'] );
		$stored = (string) $this->meta();
		self::assertStringContainsString( '"enableServerToServerOauthconfig":"true"', $stored );
		self::assertStringNotContainsString( 'own-app-secret-1', $stored );
		$shown = $this->doctor->rest( 'GET', self::CONFIG )['json']['data'];
		self::assertSame( array( 'own-app', true, 'connected' ), array( $shown['client_id'], $shown['is_connected'], $shown['connection_status'] ) );
		self::assertStringNotContainsString( 'kct1.', json_encode( $shown ) );

		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		self::assertSame( 'app', json_decode( $this->mappings( $id )[0]['extra'], true )['via'] );

		// The mask sent back keeps the secret.
		$this->doctor->rest( 'PUT', self::CONFIG, array( 'client_secret' => $shown['client_secret'] ) + $this->form() );
		self::assertSame( $stored, $this->meta() );
		self::assertSame( 302, $this->doctor->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$id/start" )['status'] );

		self::assertSame( 400, $this->doctor->rest( 'PUT', self::CONFIG, array( 'account_id' => '' ) + $this->form() )['status'] );
		self::assertSame( $stored, $this->meta() );
		self::assertSame( 200, $this->doctor->rest( 'PUT', self::CONFIG, array( 'auth_type' => 'none' ) )['status'] );
		self::assertSame( '{"enableServerToServerOauthconfig":"true"}', $this->meta(), 'the clinic serves the doctor again' );
	}

	/**
	 * @dataProvider mistakes
	 * @param array<string, string> $change What is wrong in the form.
	 * @param array<string, mixed>|null $fault Fault of the provider.
	 */
	public function test_a_test_tells_what_is_wrong( array $change, ?array $fault, string $reason ): void {
		if ( null !== $fault ) {
			$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => '/oauth/token' ), 'action' => $fault, 'times' => null, 'when' => 'before' ) );
		}
		$this->site->sandbox( 'POST', '/clients', array( 'client_id' => 'narrow-app', 'client_secret' => 'narrow-app-secret', 'scopes' => array( 'meeting:write:meeting', 'user:read:user' ) ) );
		$this->site->sandbox( 'POST', '/accounts', array( 'account_id' => $this->site->provider_seed()['account_id'], 'client_id' => 'narrow-app' ) );
		$answer = $this->doctor->rest( 'PUT', self::TEST, $change + $this->form() );
		$this->keep( $answer );
		if ( '' === $reason ) {
			self::assertSame( array( 200, true ), array( $answer['status'], $answer['json']['data']['success'] ), $answer['body'] );
			return;
		}
		self::assertSame( array( 400, $reason ), array( $answer['status'], $answer['json']['data']['reason'] ), $answer['body'] );
		self::assertNotSame( '', $answer['json']['data']['error'] );
	}

	/**
	 * @return array<string, array{array<string, string>, array<string, mixed>|null, string}>
	 */
	public static function mistakes(): array {
		return array(
			'nothing'         => array( array(), null, '' ),
			'wrong account'   => array( array( 'account_id' => 'another' ), null, 'account_refused' ),
			'wrong secret'    => array( array( 'client_secret' => 'wrong' ), null, 'client_refused' ),
			'wrong client'    => array( array( 'client_id' => 'wrong' ), null, 'client_refused' ),
			'missing scope'   => array( array( 'client_id' => 'narrow-app', 'client_secret' => 'narrow-app-secret' ), null, 'scope' ),
			'provider down'   => array( array(), array( 'type' => 'status', 'code' => 503 ), 'unavailable' ),
			'network'         => array( array(), array( 'type' => 'reset' ), 'unavailable' ),
			'no secret typed' => array( array( 'client_secret' => '' ), null, 'incomplete' ),
		);
	}

	public function test_all_workers_share_one_token_for_an_hour(): void {
		// Every worker holds a token that has just died.
		$this->site->sandbox( 'POST', '/tokens/expire', array() );
		$fetched = $this->provider_calls()['POST /oauth/token account_credentials'] ?? 0;
		$bodies  = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 24 ) );
		foreach ( $this->patient->rest_parallel( 'kivicare/v1/appointments', $bodies, 8 ) as $answer ) {
			self::assertSame( 201, $answer['status'], $answer['body'] );
		}
		$fetched = $this->provider_calls()['POST /oauth/token account_credentials'] - $fetched;
		printf( "RESULT shared_token_fetches_for_24_bookings %d requests\n", $fetched );
		self::assertSame( 1, $fetched );
		$stored = $this->site->rows( "SELECT option_value, autoload FROM wp_options WHERE option_name LIKE 'kivicare\\_telemed\\_zoom\\_token\\_%'" );
		self::assertCount( 1, $stored );
		self::assertStringStartsWith( 'kct1.', $stored[0]['option_value'] );
	}

	public function test_the_administrator_can_map_a_doctor_to_a_zoom_user(): void {
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->doctors()->use_clinic_account( {$this->doctor_id}, 'doctor2@example.test' );" );
		$this->quiet();
		$before = (int) $this->site->sandbox( 'GET', '/state?log=0' )['counters']['requests'];
		$id     = self::id( $this->book() );
		self::assertSame( 'sandboxDoctorBBBBBBBBB', ( new ZoomSide( $this->site ) )->raw( $this->meeting_of( $id )['id'] )['host_id'] );
		$after = (int) $this->site->sandbox( 'GET', '/state?log=0' )['counters']['requests'];
		$paths = implode( ' ', array_column( $this->site->sandbox( 'GET', '/state?log=' . ( $after - $before ) )['requests'], 'path' ) );
		self::assertStringContainsString( '/users/sandboxDoctorBBBBBBBBB/meetings', $paths, 'by the id that Zoom told when the administrator approved' );
		self::assertStringNotContainsString( '/users/me', $paths );
	}

	/**
	 * @return array<string, string>
	 */
	private function form(): array {
		return array( 'auth_type' => 'server-to-server', 'account_id' => $this->site->provider_seed()['account_id'], 'client_id' => 'own-app', 'client_secret' => 'own-app-secret-1' );
	}

	private function meta(): ?string {
		return $this->site->rows( "SELECT meta_value FROM wp_usermeta WHERE user_id = ? AND meta_key = 'zoom_server_to_server_oauth_config_data'", array( $this->doctor_id ) )[0]['meta_value'] ?? null;
	}

	/**
	 * @return array<string, string>
	 */
	private function option(): array {
		return unserialize( $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" )[0]['option_value'], array( 'allowed_classes' => false ) );
	}
}
