<?php

declare(strict_types=1);

/**
 * Connecting to Google.
 */
final class MeetConnectTest extends ConnectTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}

	public function test_the_consent_asks_for_the_calendar_alone_and_for_access_while_away(): void {
		parse_str( (string) parse_url( $this->authorize_url(), PHP_URL_QUERY ), $query );
		self::assertSame(
			array( 'https://www.googleapis.com/auth/calendar', 'offline', 'consent' ),
			array( $query['scope'], $query['access_type'], $query['prompt'] )
		);
	}

	public function test_the_flag_of_the_page_stands_before_the_fragment_with_plain_permalinks(): void {
		$url = $this->site->php( 'add_filter( "pre_option_permalink_structure", "__return_empty_string" ); echo KiviCare\\Telemed\\Rest\\Dashboard::connected( KiviCare\\Telemed\\Config\\Provider::GoogleMeet );' );
		self::assertStringContainsString( 'google_meet_connected=1', (string) parse_url( $url, PHP_URL_QUERY ) );
		self::assertSame( '/setting/google-meet-configuration', parse_url( $url, PHP_URL_FRAGMENT ) );
	}

	public function test_a_missing_refresh_token_is_explained_and_the_grant_ended(): void {
		$this->site->sandbox( 'POST', '/google/settings', array( 'no_refresh_token' => true ) );
		$live = $this->site->sandbox( 'GET', '/state?log=0' )['google']['access_live'];
		$back = $this->consent( $this->authorize_url() );
		$this->assert_refused( $this->doctor->send( 'GET', $back ), 403, 'refresh token' );
		$this->site->sandbox( 'POST', '/google/settings', array( 'no_refresh_token' => false ) );
		self::assertLessThanOrEqual( $live, $this->site->sandbox( 'GET', '/state?log=0' )['google']['access_live'], 'no more than before' );
	}

	public function test_connecting_google_disconnects_zoom_and_moves_future_visits(): void {
		$zoom = new ZoomSide( $this->site );
		$zoom->open_consent();
		$zoom->connect( $this->doctor_id, 'doctor@example.test' );
		$id = self::id( $this->book() );
		self::assertCount( 1, $zoom->mappings( $id ) );
		$revokes = $zoom->calls()[ $zoom->revoke ] ?? 0;
		$this->connect();
		$this->expect_meetings( $id, 1 );
		self::assertSame( array(), $zoom->mappings( $id ) );
		$this->eventually( fn(): bool => null === $this->meta( $zoom->tokens ), 'the Zoom tokens are gone once nothing hangs on them' );
		self::assertSame( $revokes + 1, $zoom->calls()[ $zoom->revoke ], 'and revoked' );
		self::assertSame( 'off', $this->meta( $zoom->connect ) );
		self::assertNull( $this->meta( 'kivicare_telemed_retiring' ) );
	}

	public function test_a_connection_google_ended_is_explained_with_its_likely_causes(): void {
		$this->connect();
		$this->site->sandbox( 'POST', '/google/revoke', array( 'user' => 'doctor@example.test' ) );
		$booked = $this->book();
		self::assertSame( 201, $booked['status'] );
		$operation = $this->operations( self::id( $booked ) )[0];
		self::assertSame( array( 'parked', 'reauthorize' ), array( $operation['state'], $operation['reason'] ) );
		self::assertStringContainsString( 'Testing', $operation['message'] );
		$this->connect();
		$this->expect_meetings( self::id( $booked ), 1 );
	}

	public function test_the_connection_test_tells_faults_apart(): void {
		$test = function ( Browser $who, array $body = array() ): array {
			$answer = $who->rest( 'PUT', 'kivicare/v1/settings/googlemeet/test-connection', $body );
			$this->keep( $answer );
			return array( $answer['status'], $answer['json']['data']['reason'] ?? '' );
		};
		$admin = $this->site->login( 'admin' );
		self::assertSame( array( 200, '' ), $test( $admin ) );
		self::assertSame( array( 400, 'client_refused' ), $test( $admin, array( 'client_secret' => 'wrong' ) ) );
		$this->connect();
		self::assertSame( array( 200, '' ), $test( $this->doctor ) );
		$this->site->sandbox( 'POST', '/google/users', array( 'email' => 'doctor@example.test', 'meet' => false ) );
		self::assertSame( array( 400, 'rejected' ), $test( $this->doctor ) );
		$this->site->sandbox( 'POST', '/google/settings', array( 'api_enabled' => false ) );
		self::assertSame( array( 400, 'configuration' ), $test( $this->doctor ) );
		$this->site->sandbox( 'POST', '/google/settings', array( 'api_enabled' => true ) );
		$this->site->sandbox( 'POST', '/google/users', array( 'email' => 'doctor@example.test', 'meet' => true ) );
		$tokens = $this->site->sandbox( 'POST', '/google/grants', array( 'client_id' => $this->site->provider_seed()['google']['client_id'], 'user' => 'doctor@example.test', 'scope' => 'openid' ) );
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->doctors()->connect( {$this->doctor_id}, " . var_export( json_encode( $tokens ), true ) . ', KiviCare\\Telemed\\Config\\Provider::GoogleMeet );' );
		self::assertSame( array( 400, 'scope' ), $test( $this->doctor ) );
	}

	public function test_the_administrators_page_reads_and_writes_settings_and_template(): void {
		$admin = $this->site->login( 'admin' );
		$page  = $admin->rest( 'GET', 'kivicare/v1/settings/googlemeet' )['json'];
		self::assertTrue( $page['status'] );
		self::assertSame( array( 'Yes', '••••••••••••' ), array( $page['data']['config']['data']['enableCal'], $page['data']['config']['data']['client_secret'] ) );
		self::assertSame( $this->site->url . $this->callback_path(), $page['data']['redirection_url'] );
		self::assertNotSame( '', $page['data']['data']['post_title'] );
		$template = array( 'post_title' => 'At {{clinic_name}}' ) + $page['data']['data'];
		$config   = array( 'app_name' => 'Clinic app' ) + $page['data']['config']['data'];
		$answer   = $admin->rest( 'PUT', 'kivicare/v1/settings/googlemeet', array( 'google_meet_config' => $config, 'google_meet_event_template' => $template ) );
		$this->keep( $answer );
		self::assertTrue( $answer['json']['status'], $answer['body'] );
		self::assertSame( array( 'Clinic app', 'At {{clinic_name}}' ), array( $answer['json']['data']['config']['data']['app_name'], $answer['json']['data']['data']['post_title'] ) );
		$this->connect();
		$id = self::id( $this->book() );
		self::assertStringStartsWith( 'At ', array_values( array_filter( $this->google()->events(), fn( array $event ): bool => $event['id'] === $this->meeting_of( $id )['id'] ) )[0]['summary'] );
		$admin->rest( 'PUT', 'kivicare/v1/settings/googlemeet', array( 'google_meet_event_template' => $page['data']['data'] ) );
		$wrong = $admin->rest( 'PUT', 'kivicare/v1/settings/googlemeet', array( 'google_meet_config' => array( 'send_updates' => 'everybody' ) ) );
		self::assertFalse( $wrong['json']['status'] );
	}

	private function google(): GoogleSide {
		return new GoogleSide( $this->site );
	}
}
