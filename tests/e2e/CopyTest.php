<?php

declare(strict_types=1);

/**
 * A copy of the site reaches nobody, whatever is done there, and the original notices nothing. What it may do after an
 * administrator has called it a copy is its own.
 */
final class CopyTest extends CopyTestCase {

	protected function leaves_visits_alone(): bool {
		return true;
	}

	public function test_a_copy_writes_refreshes_and_mails_nothing_and_production_notices_nothing(): void {
		$before = array_map( static fn( ProviderSide $side ): array => $side->live(), $this->sides() );
		$this->copy = SiteCopy::of( $this->site );
		$copy       = $this->copy->site;
		// Tokens that work no more would have to be refreshed first of all.
		foreach ( $this->sides() as $side ) {
			$side->expire_tokens();
		}
		$calls   = $this->all_calls();
		$admin   = $copy->login( 'admin' );
		$patient = $copy->login( 'patient' );
		$notice  = $this->notice( $admin );
		self::assertStringContainsString( 'is paused', $notice );
		self::assertStringContainsString( substr( $copy->url, 7 ), $notice );
		self::assertSame( '', $this->notice( $copy->login( 'receptionist' ) ), 'who can do nothing about it is not told' );

		foreach ( $this->visits as $provider => list( $cancelled, $moved, $deleted, $lost, $doctorless ) ) {
			$booked = $this->book_with( $copy, $patient, $provider );
			$kept   = $copy->rows( 'SELECT * FROM wp_kc_telemed_operations WHERE appointment_id = ?', array( $booked ) );
			self::assertSame( array( array( 'pending', 'site_paused' ) ), array_map( static fn( array $row ): array => array( $row['state'], $row['reason'] ), $kept ) );
			$this->cancel( $admin, $cancelled );
			$this->move( $copy, $admin, $moved, $provider );
			self::assertSame( 200, $admin->rest( 'DELETE', "kivicare/v1/appointments/$deleted" )['status'] );
			$copy->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $lost ) );
			$copy->rows( 'UPDATE wp_kc_appointments SET patient_id = 999999 WHERE id = ?', array( $doctorless ) );
			self::assertNotSame( array(), $copy->rows( 'SELECT 1 FROM wp_kc_telemed_noted WHERE appointment_id = ?', array( $cancelled ) ), 'noted for later' );
		}
		$this->doors_of( $copy );
		$this->webhooks_of( $copy );
		$this->people_of( $copy, $admin );
		$this->attempts_of( $copy, $admin );
		$this->let_all_be_due( $copy );
		$this->run_all( $copy );
		$this->uninstall( $copy );
		$this->run_all( $copy );

		$since     = $this->calls_since( $calls );
		$refreshes = array_sum( array_filter( $since, static fn( string $route ): bool => str_contains( $route, 'token' ), ARRAY_FILTER_USE_KEY ) );
		$mails     = $this->telemed_mails( $copy );
		printf( "\nRESULT copy_provider_writes %d requests\nRESULT copy_token_refreshes %d requests\nRESULT copy_mails %d mails\n", array_sum( $since ) - $refreshes, $refreshes, count( $mails ) );
		self::assertSame( array(), $since, 'not even a question' );
		self::assertSame( array(), $mails );
		self::assertSame( $before, array_map( static fn( ProviderSide $side ): array => $side->live(), $this->sides() ) );
		$this->production_works();
	}

	public function test_called_a_copy_it_is_a_site_of_its_own(): void {
		$this->copy = SiteCopy::of( $this->site, 'array( "KIVICARE_TELEMED_ZOOM_AUTH_TYPE" => "server-to-server", "KIVICARE_TELEMED_ZOOM_ACCOUNT_ID" => "' . $this->site->provider_seed()['account_id'] . '", "KIVICARE_TELEMED_ZOOM_CLIENT_ID" => "' . $this->site->provider_seed()['client_id'] . '", "KIVICARE_TELEMED_ZOOM_CLIENT_SECRET" => "' . $this->site->provider_seed()['client_secret'] . '" )' );
		$copy       = $this->copy->site;
		$before     = array_map( static fn( ProviderSide $side ): array => $side->live(), $this->sides() );
		$calls      = $this->all_calls();
		$admin      = $copy->login( 'admin' );
		$page       = $this->decide( $admin, 'copy' );
		self::assertStringContainsString( 'a site of its own now', $page );
		self::assertStringContainsString( 'Credentials in wp-config.php', $page );
		self::assertSame( '', $this->notice( $admin ) );
		self::assertNotSame( $this->site_id( $this->site ), $this->site_id( $copy ) );
		foreach ( array( 'kiviCare_doctor_zoom_telemed_config', 'google_meet_access_token', 'zoom_server_to_server_oauth_config_data' ) as $key ) {
			self::assertSame( array(), $copy->rows( 'SELECT user_id FROM wp_usermeta WHERE meta_key = ?', array( $key ) ), $key );
		}

		// It works as a site without a provider does: KiviCare itself refuses video visits then, and takes all others.
		self::assertStringContainsString( 'provider not found', $copy->login( 'patient' )->rest( 'POST', 'kivicare/v1/appointments', $copy->booking( self::slot() ) )['body'] );
		$copy->rows( "UPDATE wp_kc_service_doctor_mapping SET telemed_service = 'no' WHERE id = ?", array( $copy->seed['other_mapping_id'] ) );
		$this->book_with( $copy, $copy->login( 'patient' ), 'googlemeet' );
		foreach ( array_keys( $this->visits ) as $provider ) {
			$this->cancel( $admin, $this->visits[ $provider ][0] );
			$copy->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $this->visits[ $provider ][1] ) );
		}
		$this->run_all( $copy );
		self::assertSame( array(), $this->calls_since( $calls ), 'credentials in wp-config.php do not count' );
		self::assertSame( array(), $this->telemed_mails( $copy ) );

		// With the clinic's account entered again it makes meetings of its own, and ends only those.
		$copy->php( 'KiviCare\Telemed\Site\Identity::confirm(); KiviCare\Telemed\Plugin::instance()->doctors()->use_clinic_account( ' . (int) $copy->seed['doctor_id'] . ' );' );
		$own = $this->book_with( $copy, $copy->login( 'patient' ), 'zoom' );
		self::assertCount( 1, ( new ZoomSide( $copy ) )->mappings( $own ) );
		$this->cancel( $admin, $own );
		$this->cancel( $admin, $this->visits['zoom'][2] );
		$copy->rows( 'DELETE FROM wp_kc_appointments' );
		$this->let_all_be_due( $copy );
		$this->run_all( $copy );
		self::assertArrayHasKey( 'POST /users/{userId}/meetings', $this->calls_since( $calls ) );
		$ids = static fn( array $meetings ): array => array_column( $meetings, 'id' );
		self::assertSame( array_map( $ids, $before ), array_map( static fn( ProviderSide $side ): array => $ids( $side->live() ), $this->sides() ) );
		$this->production_works();
	}

	/**
	 * @return array<string, array{string, string, string}> Settings of the copy, SQL there, state.
	 */
	public static function places(): array {
		$original = 'array( "WP_HOME" => "' . getenv( 'SITE_URL' ) . '", "WP_SITEURL" => "' . getenv( 'SITE_URL' ) . '" )';
		$replaced = "UPDATE wp_options SET option_value = 'http://staging.example.test' WHERE option_name IN ('home', 'siteurl')";
		return array(
			'the environment alone'        => array( $original . ' + array( "WP_ENVIRONMENT_TYPE" => "staging" )', '', 'environment_changed' ),
			'search-replace, no constants' => array( 'array( "WP_HOME" => null, "WP_SITEURL" => null )', $replaced, 'unknown_address' ),
			'search-replace, constants as they were' => array( $original, $replaced, 'unknown_address' ),
			'search-replace of the host everywhere' => array( 'array( "WP_HOME" => null, "WP_SITEURL" => null )', "UPDATE wp_options SET option_value = REPLACE(option_value, '127.0.0.1', '127.0.0.2')", 'unknown_address' ),
			'the constants alone'          => array( 'array()', '', 'unknown_address' ),
			'the same address: it cannot be told apart' => array( $original, '', 'confirmed' ),
			'https and www alone'          => array( 'array( "WP_HOME" => strtr( "' . getenv( 'SITE_URL' ) . '", array( "http://" => "https://www." ) ), "WP_SITEURL" => "' . getenv( 'SITE_URL' ) . '" )', '', 'confirmed' ),
		);
	}

	/**
	 * @dataProvider places
	 */
	public function test_what_tells_a_copy( string $settings, string $sql, string $state ): void {
		$this->copy = SiteCopy::of( $this->site, $settings );
		$copy       = $this->copy->site;
		'' === $sql || $copy->rows( $sql );
		self::assertSame( $state, $copy->php( 'echo KiviCare\Telemed\Site\Identity::state()->value;' ) );
		if ( 'confirmed' === $state ) {
			return;
		}
		$calls = $this->all_calls();
		foreach ( $this->visits as $visits ) {
			$copy->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $visits[0] ) );
		}
		$this->let_all_be_due( $copy );
		$this->run_all( $copy );
		self::assertSame( array(), $this->calls_since( $calls ) );
		self::assertSame( array(), $this->telemed_mails( $copy ) );
	}

	/**
	 * WP_HOME from the Host header is common. A strange one pauses its own request, and nothing is kept of it.
	 */
	public function test_a_host_header_decides_nothing_for_others(): void {
		$this->copy = SiteCopy::of( $this->site, 'array( "WP_HOME" => "http://" . ( PHP_SAPI === "cli" ? "" : $_SERVER["HTTP_HOST"] ), "WP_SITEURL" => "http://" . ( PHP_SAPI === "cli" ? "127.0.0.1" : $_SERVER["HTTP_HOST"] ) )' );
		$copy       = $this->copy->site;
		$state      = static fn( string $host ): string => self::header( ( new Browser( $copy->url ) )->send( 'GET', '/index.php?rest_route=/', null, '' === $host ? array() : array( "Host: $host" ) ), 'X-Site-State' );
		$record     = static fn(): array => $copy->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kivicare_telemed_site'" );
		self::assertSame( 'unknown_address', $state( '' ), 'the original is elsewhere' );

		// The site moves here.
		$copy->rows( 'UPDATE wp_options SET option_value = ? WHERE option_name = ?', array( $copy->url, 'home' ) );
		$copy->php( 'KiviCare\Telemed\Site\Identity::confirm();' );
		$confirmed = $record();
		self::assertSame( 'confirmed', $copy->php( 'echo KiviCare\Telemed\Site\Identity::state()->value;' ), 'the command line has no host' );
		self::assertSame( 'confirmed', $state( '' ) );
		self::assertSame( 'unknown_address', $state( 'stranger.example' ) );
		self::assertSame( 'confirmed', $state( '' ), 'only that request' );
		self::assertSame( $copy->url, $copy->php( 'echo KiviCare\Telemed\Links\SiteAddress::current()->registered();' ) );
		self::assertSame( $confirmed, $record() );

		// Where nothing is confirmed yet, a visitor's Host is not what gets confirmed.
		$copy->rows( "DELETE FROM wp_options WHERE option_name = 'kivicare_telemed_site'" );
		( new Browser( $copy->url ) )->send( 'GET', '/wp-admin/admin-ajax.php?action=nothing', null, array( 'Host: stranger.example' ) );
		self::assertStringNotContainsString( 'stranger', (string) json_encode( $record() ) );
		self::assertStringContainsString( substr( $copy->url, 7 ), (string) json_encode( $record(), JSON_UNESCAPED_SLASHES ) );
	}

	public function test_the_buttons_are_the_administrators_and_need_their_nonce(): void {
		$this->copy = SiteCopy::of( $this->site );
		$copy       = $this->copy->site;
		$record     = static fn(): array => $copy->rows( "SELECT option_value FROM wp_options WHERE option_name IN ('kivicare_telemed_site', 'kivicare_telemed_site_id')" );
		$kept       = $record();
		$body       = static fn( string $nonce, string $shown ): string => http_build_query( array( 'action' => 'kivicare_telemed_site', 'decision' => 'moved', 'shown' => $shown, '_wpnonce' => $nonce ) );
		$type       = array( 'Content-Type: application/x-www-form-urlencoded' );
		$shown      = substr( $copy->url, 7 ) . ' ' . substr( $this->site->url, 7 ) . ' production';
		foreach ( array( 'patient', 'doctor', 'receptionist', 'clinicadmin' ) as $login ) {
			self::assertContains( $copy->login( $login )->send( 'POST', '/wp-admin/admin-post.php', $body( 'x', $shown ), $type )['status'], array( 302, 403 ), $login );
		}
		( new Browser( $copy->url ) )->send( 'POST', '/wp-admin/admin-post.php', $body( 'x', $shown ), $type );
		$admin = $copy->login( 'admin' );
		self::assertSame( 403, $admin->send( 'POST', '/wp-admin/admin-post.php', $body( 'x', $shown ), $type )['status'], 'no nonce' );
		preg_match( '/name="_wpnonce" value="(\w+)"/', $this->notice( $admin ), $nonce );
		$admin->send( 'POST', '/wp-admin/admin-post.php', $body( $nonce[1], 'elsewhere.example production' ), $type );
		self::assertStringContainsString( 'not the one that was shown', html_entity_decode( $admin->send( 'GET', '/wp-admin/edit.php' )['body'], ENT_QUOTES ) );
		self::assertSame( $kept, $record(), 'nothing has changed' );
		self::assertStringContainsString( 'Addresses of this site', $this->decide( $admin, 'also' ) );
		self::assertSame( '', $this->notice( $admin ) );
	}

	/**
	 * Links that were sent lead on; what needs Zoom says why not.
	 */
	private function doors_of( Site $copy ): void {
		list( $zoom, $google ) = array( $this->visits['zoom'][5], $this->visits['googlemeet'][5] );
		$page                  = $copy->login( 'doctor' )->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$zoom/start" );
		self::assertSame( 503, $page['status'] );
		self::assertStringContainsString( 'is paused', html_entity_decode( $page['body'], ENT_QUOTES ) );
		$door = $copy->login( 'doctor2' )->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$google/start" );
		self::assertSame( array( 302, ( new GoogleSide( $copy ) )->mappings( $google )[0]['join_url'] ), array( $door['status'], self::header( $door, 'Location' ) ) );
		$listed = array_column( $copy->login( 'patient' )->rest( 'GET', 'kivicare/v1/appointments?perPage=all' )['json']['data']['appointments'], null, 'id' );
		self::assertSame( ( new ZoomSide( $copy ) )->mappings( $zoom )[0]['join_url'], $listed[ $zoom ]['video_url'] );
	}

	/**
	 * They are answered as usual and have no effect but a note.
	 */
	private function webhooks_of( Site $copy ): void {
		$meeting = ( new ZoomSide( $copy ) )->mappings( $this->visits['zoom'][5] )[0]['meeting_id'];
		$body    = (string) json_encode( array( 'event' => 'meeting.deleted', 'event_ts' => time() * 1000, 'payload' => array( 'account_id' => 'a', 'object' => array( 'id' => (int) $meeting, 'uuid' => 'u' ) ) ) );
		$time    = (string) time();
		$signed  = 'v0=' . hash_hmac( 'sha256', "v0:$time:$body", self::WEBHOOK_SECRET );
		$answer  = ( new Browser( $copy->url ) )->send( 'POST', '/wp-json/kivicare-telemed/v1/webhooks/zoom', $body, array( 'Content-Type: application/json', "x-zm-request-timestamp: $time", "x-zm-signature: $signed" ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		$this->eventually( fn(): bool => array() !== $copy->rows( 'SELECT 1 FROM wp_kc_telemed_noted WHERE appointment_id = ? AND verify = 1', array( $this->visits['zoom'][5] ) ), 'the note' );
		$channel = $copy->rows( 'SELECT * FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $copy->seed['other_doctor_id'] ) )[0];
		$secrets = array_filter( $this->site->sandbox( 'GET', '/secrets' )['channel_token'], static fn( string $secret ): bool => hash( 'sha256', $secret ) === $channel['channel_hash'] );
		$answer  = ( new Browser( $copy->url ) )->send( 'POST', '/wp-json/kivicare-telemed/v1/webhooks/google', '', array( 'X-Goog-Channel-ID: ' . $channel['channel_id'], 'X-Goog-Channel-Token: ' . end( $secrets ), 'X-Goog-Resource-State: exists' ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
	}

	/**
	 * People are removed and anonymised, as for tests.
	 */
	private function people_of( Site $copy, Browser $admin ): void {
		$gone = (int) $copy->seed['other_patient_id'];
		self::assertSame( 200, $admin->rest( 'DELETE', "kivicare/v1/patients/$gone" )['status'] );
		$copy->php( '$erase = apply_filters( "wp_privacy_personal_data_erasers", array() )["kivicare-telemed"]["callback"]; foreach ( array( "patient@example.test", "doctor@example.test" ) as $email ) { $erase( $email, 1 ); }' );
		$copy->php( 'wp_update_user( array( "ID" => ' . (int) $copy->seed['patient_id'] . ', "user_email" => "anonymous@example.test" ) );' );
		self::assertSame( 200, $admin->rest( 'DELETE', 'kivicare/v1/doctors/' . $copy->seed['other_doctor_id'] )['status'] );
	}

	/**
	 * What people may try.
	 */
	private function attempts_of( Site $copy, Browser $admin ): void {
		$doctor = $copy->login( 'doctor' );
		$id     = $this->visits['zoom'][5];
		self::assertFalse( $doctor->rest( 'GET', 'kivicare/v1/settings/zoom-telemed/disconnect' )['json']['status'] );
		self::assertSame( 409, $admin->rest( 'POST', 'kivicare-telemed/v1/admin/doctors/' . $copy->seed['doctor_id'] . '/disconnect', array( 'provider' => 'zoom' ) )['status'] );
		self::assertSame( 409, $admin->rest( 'POST', 'kivicare-telemed/v1/admin/doctors/' . $copy->seed['doctor_id'] . '/invite', array( 'provider' => 'zoom' ) )['status'] );
		$admin->rest( 'POST', "kivicare-telemed/v1/admin/meetings/$id/repair", array() );
		$admin->rest( 'POST', 'kivicare-telemed/v1/admin/repair', array() );
		$admin->rest( 'POST', 'kivicare-telemed/v1/admin/settings/zoom/test', array() );
		$admin->rest( 'GET', 'kivicare-telemed/v1/health/zoom' );
		$admin->rest( 'GET', 'kivicare-telemed/v1/health/googlemeet' );
		$doctor->rest( 'GET', 'kivicare/v1/settings/googlemeet/authorize' );
		self::assertCount( 1, $copy->rows( 'SELECT 1 FROM wp_usermeta WHERE user_id = ? AND meta_key = ?', array( $copy->seed['doctor_id'], 'kiviCare_doctor_zoom_telemed_config' ) ), 'the connection is kept' );
	}

	/**
	 * Installed again, it still is a copy.
	 */
	private function uninstall( Site $copy ): void {
		$plugin = '"kivicare-telemed/kivicare-telemed.php"';
		$copy->php( "require_once ABSPATH . 'wp-admin/includes/plugin.php'; deactivate_plugins( $plugin );" );
		$copy->php( "require_once ABSPATH . 'wp-admin/includes/plugin.php'; uninstall_plugin( $plugin );" );
		$copy->php( "require_once ABSPATH . 'wp-admin/includes/plugin.php'; activate_plugin( $plugin );" );
		self::assertSame( 'unknown_address', $copy->php( 'echo KiviCare\Telemed\Site\Identity::state()->value;' ) );
	}

	/**
	 * The original's connections are alive, and its next bookings get their meetings.
	 */
	private function production_works(): void {
		foreach ( $this->sides() as $provider => $side ) {
			$side->expire_tokens();
			$id = $this->book_with( $this->site, $this->patient, $provider );
			self::assertCount( 1, $side->mappings( $id ), "$provider goes on" );
			self::assertGreaterThan( 0, $side->calls()[ $side->refresh ] ?? 0 );
		}
		$this->site->sweep();
		// KiviCare's own mails, which the next copy would bring along.
		$this->site->run_queue();
		foreach ( $this->visits as $provider => $visits ) {
			$live = array_column( $this->sides()[ $provider ]->live(), null, 'id' );
			foreach ( $visits as $id ) {
				$mapping = $this->sides()[ $provider ]->mappings( $id )[0];
				self::assertSame( $this->wanted_start( $this->site, $id ), $live[ $mapping['meeting_id'] ]['start'] ?? '' );
			}
		}
	}

	private function site_id( Site $site ): string {
		return $site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kivicare_telemed_site_id'" )[0]['option_value'];
	}
}
