<?php

declare(strict_types=1);

/**
 * A doctor connects their own account, and every way that can go wrong. The same for both providers.
 */
abstract class ConnectTestCase extends ConsentTestCase {

	public function test_a_doctor_connects_and_lands_on_their_page_of_the_dashboard(): void {
		$url   = $this->authorize_url();
		parse_str( (string) parse_url( $url, PHP_URL_QUERY ), $query );
		self::assertSame( array( 'code', 'S256' ), array( $query['response_type'], $query['code_challenge_method'] ) );
		self::assertSame( $this->site->url . $this->callback_path(), $query['redirect_uri'] );
		self::assertSame( 43, strlen( $query['state'] ), '256 bits' );

		$back   = $this->consent( $url );
		$answer = $this->doctor->send( 'GET', $back );
		self::assertSame( 302, $answer['status'], $answer['body'] );
		self::assertStringEndsWith( $this->side->page, self::header( $answer, 'location' ) );
		self::assertSame( 'no-referrer', self::header( $answer, 'referrer-policy' ) );

		self::assertSame( array( 'on', $this->side->id() ), array( $this->meta( $this->side->connect ), $this->meta( 'telemed_type' ) ) );
		self::assertNotSame( 'on', $this->meta( $this->side->other()->connect ) );
		self::assertStringStartsWith( 'kct1.', (string) $this->meta( $this->side->tokens ) );
		$verifiers = $this->site->sandbox( 'GET', '/secrets' )['code_verifier'] ?? array();
		$hash      = rtrim( strtr( base64_encode( hash( 'sha256', end( $verifiers ), true ) ), '+/', '-_' ), '=' );
		self::assertSame( $query['code_challenge'], $hash, 'the verifier reached the token endpoint' );

		$config = $this->doctor->rest( 'GET', "kivicare/v1/settings/{$this->side->route}/doctor-config" )['json']['data'];
		self::assertSame( array( true, 'connected' ), array( $config['is_connected'], $config['connection_status'] ) );

		$booked = $this->book();
		self::assertSame( 201, $booked['status'], $booked['body'] );
		$this->expect_meetings( self::id( $booked ), 1 );
	}

	public function test_a_state_counts_once(): void {
		$back = $this->consent( $this->authorize_url() );
		self::assertSame( 302, $this->doctor->send( 'GET', $back )['status'] );
		$this->disconnect();
		$this->assert_refused( $this->doctor->send( 'GET', $back ), 400, 'Choose Connect again' );
	}

	public function test_forged_missing_and_expired_states_are_refused(): void {
		$this->assert_refused( $this->doctor->send( 'GET', $this->callback_path() . '?code=abc&state=' . str_repeat( 'A', 43 ) ), 400, 'Choose Connect again' );
		$this->assert_refused( $this->doctor->send( 'GET', $this->callback_path() . '?code=abc' ), 400, 'Marketplace' );

		$back = $this->consent( $this->authorize_url() );
		// Eleven minutes pass.
		$this->site->php( 'global $wpdb; foreach ( (array) get_user_meta( ' . $this->doctor_id . ', "kivicare_telemed_consent" ) as $kept ) { list( $key, $at, $seal ) = explode( " ", $kept, 3 ); update_user_meta( ' . $this->doctor_id . ', "kivicare_telemed_consent", wp_slash( $key . " " . ( $at - 660 ) . " " . $seal ), wp_slash( $kept ) ); }' );
		$this->assert_refused( $this->doctor->send( 'GET', $back ), 400, 'Choose Connect again' );
	}

	public function test_a_state_of_another_user_session_or_nobody_is_refused(): void {
		$back    = $this->consent( $this->authorize_url() );
		$doctor2 = $this->site->login( 'doctor2' );
		$this->assert_refused( $doctor2->send( 'GET', $back ), 400, 'Choose Connect again' );
		self::assertNull( $this->meta( $this->side->tokens, (int) $this->site->seed['other_doctor_id'] ) );
		$this->assert_refused( $this->patient->send( 'GET', $back ), 403, 'Only a doctor' );
		$this->assert_refused( ( new Browser( $this->site->url ) )->send( 'GET', $back . '&reloaded=1' ), 401, 'Only a doctor' );
		// The same doctor, logged in a second time elsewhere: the first session's answer is not this one's.
		$this->assert_refused( $this->site->login( 'doctor' )->send( 'GET', $back ), 400, 'Choose Connect again' );
	}

	/**
	 * Login cookies that are "SameSite=Strict" do not come along from the provider's page, but they do from ours.
	 */
	public function test_an_answer_that_comes_without_cookies_is_taken_after_one_reload_from_our_own_page(): void {
		$back    = $this->consent( $this->authorize_url() );
		$refused = fn(): int => (int) $this->site->rows( "SELECT COUNT(*) AS n FROM wp_kc_telemed_audit WHERE action = 'access_refused'" )[0]['n'];
		$before  = $refused();
		$page    = ( new Browser( $this->site->url ) )->send( 'GET', $back, null, array( 'Sec-Fetch-Site: cross-site' ) );
		self::assertSame( 200, $page['status'], $page['body'] );
		self::assertSame( array( 'no-referrer', $before ), array( self::header( $page, 'referrer-policy' ), $refused() ) );
		self::assertStringContainsString( 'no-store', self::header( $page, 'cache-control' ) );
		self::assertSame( 1, preg_match( '/^0; url=' . preg_quote( $this->site->url, '/' ) . '(.+)$/', self::header( $page, 'refresh' ), $again ) );
		self::assertStringContainsString( 'href="' . $this->site->url . str_replace( '&', '&#038;', $again[1] ) . '"', $page['body'], 'a link does the same' );

		self::assertSame( 401, ( new Browser( $this->site->url ) )->send( 'GET', $again[1], null, array( 'Sec-Fetch-Site: same-origin' ) )['status'], 'once and no more' );
		$answer = $this->doctor->send( 'GET', $again[1], null, array( 'Sec-Fetch-Site: same-origin' ) );
		self::assertSame( 302, $answer['status'], $answer['body'] );
		self::assertStringEndsWith( $this->side->page, self::header( $answer, 'location' ) );
		self::assertSame( 'on', $this->meta( $this->side->connect ) );
		$this->disconnect();
		$this->assert_refused( $this->doctor->send( 'GET', $again[1] ), 400, 'Choose Connect again' );
	}

	public function test_a_refusal_that_comes_without_cookies_is_understood_after_the_reload(): void {
		$back = $this->consent( $this->authorize_url(), 'deny=1' );
		$page = ( new Browser( $this->site->url ) )->send( 'GET', $back );
		self::assertSame( 1, preg_match( '/^0; url=' . preg_quote( $this->site->url, '/' ) . '(.+)$/', self::header( $page, 'refresh' ), $again ), $page['headers'] );
		$this->assert_refused( $this->doctor->send( 'GET', $again[1] ), 403, 'You declined' );
	}

	/**
	 * A plugin that prefixes addresses with the page's language must not change what is registered with the provider.
	 */
	public function test_the_redirect_address_is_the_same_whatever_plugins_filter(): void {
		touch( $this->site->run . '/filter-addresses' );
		try {
			$expected = $this->site->url . $this->callback_path();
			self::assertSame( 'filtered', $this->site->php( 'echo str_contains( rest_url(), "/en/" ) && str_contains( home_url(), "/en" ) ? "filtered" : rest_url();' ) );
			$url = $this->authorize_url();
			parse_str( (string) parse_url( $url, PHP_URL_QUERY ), $query );
			self::assertSame( $expected, $query['redirect_uri'] );
			$answer = $this->doctor->send( 'GET', $this->consent( $url ) );
			self::assertSame( 302, $answer['status'], $answer['body'] );
			$admin = $this->site->login( 'admin' );
			foreach ( array( "kivicare/v1/settings/{$this->side->route}", 'kivicare-telemed/v1/admin/settings/' . $this->side->id() ) as $route ) {
				$shown = $admin->rest( 'GET', $route );
				self::assertStringContainsString( trim( (string) json_encode( $expected ), '"' ), $shown['body'], $route );
				self::assertStringNotContainsString( '\\/en\\/', $shown['body'], $route );
			}
			$sheet = $this->site->php( 'echo wp_json_encode( KiviCare\\Telemed\\Config\\Marketplace::rows(), JSON_UNESCAPED_SLASHES );' );
			self::assertStringContainsString( $expected, $sheet );
			self::assertStringNotContainsString( '/en/', $sheet );
			$id = self::id( $this->book() );
			foreach ( array( $this->patient, $this->doctor ) as $browser ) {
				$link = $browser->rest( 'GET', "kivicare/v1/appointments/$id" )['json']['data']['video_url'];
				self::assertStringNotContainsString( '/en/', $link );
			}
		} finally {
			unlink( $this->site->run . '/filter-addresses' );
		}
	}

	public function test_a_state_of_another_provider_is_refused(): void {
		$code = '$bridge = KiviCare\Telemed\Plugin::instance()->bridge(); $party = array( "provider" => "' . $this->side->id() . '", "user_id" => 5, "session" => "s", "redirect_uri" => "https://x.example/" );'
			. '$consent = $bridge->begin_consent( $party ); parse_str( (string) parse_url( $consent["url"], PHP_URL_QUERY ), $q );'
			. '$other = $bridge->seal( "{}", "user:5", "oauth_state:' . $this->side->other()->id() . '" ); echo json_encode( $bridge->complete_consent( $other, $q["state"], "c", $party ) );';
		$answer = json_decode( $this->site->php( $code ), true );
		self::assertSame( array( 'refused', 'state' ), array( $answer['state'], $answer['reason'] ) );
	}

	public function test_declining_is_understood_and_spends_the_state(): void {
		$back = $this->consent( $this->authorize_url(), 'deny=1' );
		$this->assert_refused( $this->doctor->send( 'GET', $back ), 403, 'You declined' );
		$this->assert_refused( $this->doctor->send( 'GET', $back ), 400, 'Choose Connect again' );
	}

	public function test_a_consent_that_lacks_a_permission_names_it_and_keeps_nothing(): void {
		list( $more, $says ) = $this->side->lacking();
		$this->assert_refused( $this->doctor->send( 'GET', $this->consent( $this->authorize_url(), 'approve=1&user=doctor@example.test' . $more ) ), 403, $says );
	}

	/**
	 * @dataProvider faults
	 * @param array<string, mixed> $fault Action of the provider's token endpoint.
	 */
	public function test_provider_errors_say_what_to_do( array $fault, int $status, string $says ): void {
		$back = $this->consent( $this->authorize_url() );
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => $this->side->token_path ), 'action' => $fault, 'times' => null, 'when' => 'before' ) );
		$this->assert_refused( $this->doctor->send( 'GET', $back ), $status, $says );
	}

	/**
	 * @return array<string, array{array<string, mixed>, int, string}>
	 */
	public static function faults(): array {
		$error = static fn( string $error ): array => array( 'type' => 'status', 'code' => 400, 'body' => array( 'reason' => 'x', 'error' => $error ) );
		return array(
			'down'           => array( array( 'type' => 'status', 'code' => 503 ), 503, 'Wait a minute' ),
			'spent code'     => array( $error( 'invalid_grant' ), 400, 'used already or is too old' ),
			'wrong secret'   => array( $error( 'invalid_client' ), 502, 'client secret' ),
			'wrong redirect' => array( $error( 'invalid_request' ), 502, 'redirect URL' ),
		);
	}

	public function test_disconnecting_deletes_meetings_revokes_and_asks_nothing_more(): void {
		$this->connect();
		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		$this->rest_of_work();
		$answer = $this->disconnect();
		self::assertSame( array( true, 'not_connected' ), array( $answer['json']['status'], $answer['json']['data']['connection_status'] ) );
		$log = array_column( $this->site->sandbox( 'GET', '/state?log=1' )['requests'], 'path' );
		self::assertSame( $this->side->revoke_path, end( $log ) );
		self::assertSame( 0, $this->meetings_of( $id ) );
		self::assertSame( array(), $this->site->rows( "SELECT umeta_id FROM wp_usermeta WHERE user_id = ? AND meta_value LIKE '%kct1.%'", array( $this->doctor_id ) ) );

		$calls = $this->provider_calls();
		$this->disconnect();
		$config = $this->doctor->rest( 'GET', "kivicare/v1/settings/{$this->side->route}/doctor-config" )['json']['data'];
		self::assertSame( array( false, 'not_connected' ), array( $config['is_connected'], $config['connection_status'] ) );
		$this->site->sweep();
		self::assertSame( $calls, $this->provider_calls(), 'nothing after the revoke' );
	}

	public function test_reconnecting_gives_future_visits_their_meetings_back(): void {
		$this->connect();
		$id = self::id( $this->book() );
		$this->disconnect();
		$this->expect_meetings( $id, 0 );
		$this->connect();
		$this->expect_meetings( $id, 1 );
	}
}
