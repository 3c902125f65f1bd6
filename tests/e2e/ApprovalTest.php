<?php

declare(strict_types=1);

/**
 * Whose Zoom account acts: what an administrator approved, and who can prove an app.
 */
final class ApprovalTest extends SiteTestCase {

	private const OWNER = 'owner@clinic.test';

	private Browser $admin;

	private int $doctor_id;

	protected function setUp(): void {
		parent::setUp();
		$this->admin     = $this->site->login( 'admin' );
		$this->doctor_id = (int) $this->site->seed['doctor_id'];
		$this->side->serve_doctors();
		$this->site->sandbox( 'POST', '/users', array( 'id' => 'sandboxOwnerCCCCCCCCCC', 'email' => self::OWNER, 'account' => $this->site->provider_seed()['account_id'] ) );
	}

	protected function tearDown(): void {
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->site->rows( "UPDATE wp_users SET user_email = 'doctor@example.test' WHERE ID = ?", array( $this->doctor_id ) );
		$this->site->php( "clean_user_cache( {$this->doctor_id} );" );
		$this->side->serve_doctors();
		parent::tearDown();
	}

	public function test_a_doctor_who_changes_their_own_address_becomes_no_other_zoom_user(): void {
		$doctor = $this->site->login( 'doctor' );
		$this->withdraw();
		self::assertSame( 200, $doctor->rest( 'POST', 'wp/v2/users/me', array( 'email' => self::OWNER, 'meta' => array( 'kivicare_telemed_zoom_user' => self::OWNER ) ) )['status'] );
		$id = self::id( $this->book() );
		$this->eventually( fn(): bool => 'parked' === ( $this->operations( $id )[0]['state'] ?? '' ), 'it waits for an administrator' );
		self::assertSame( 'host_not_found', $this->operations( $id )[0]['reason'] );
		$start = $doctor->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$id/start" );
		self::assertNotSame( 302, $start['status'] );
		self::assertSame( array(), $this->meetings_hosted_by( 'sandboxOwnerCCCCCCCCCC' ) );
		// All are offered, but not by an address that the doctor chose.
		$offered = $this->admin->rest( 'POST', 'kivicare-telemed/v1/admin/doctors/offer', array( 'all' => true ) )['json']['offers'];
		self::assertSame( 'unreviewed', array_column( $offered, 'state', 'id' )[ $this->doctor_id ] );

		$mapped = $this->admin->rest( 'POST', "kivicare-telemed/v1/admin/doctors/{$this->doctor_id}/map", array( 'zoom_user' => 'doctor@example.test' ) );
		self::assertSame( array( 200, 'sandboxDoctorAAAAAAAAA' ), array( $mapped['status'], $mapped['json']['item']['zoom_user_id'] ), $mapped['body'] );
		$this->expect_meetings( $id, 1 );
		self::assertSame( 'sandboxDoctorAAAAAAAAA', ( new ZoomSide( $this->site ) )->raw( $this->meeting_of( $id )['id'] )['host_id'] );
		printf( "\nRESULT foreign_zoom_users_served %d meetings\n", count( $this->meetings_hosted_by( 'sandboxOwnerCCCCCCCCCC' ) ) );
	}

	public function test_an_approved_doctor_stays_the_same_zoom_user(): void {
		$this->site->login( 'doctor' )->rest( 'POST', 'wp/v2/users/me', array( 'email' => self::OWNER ) );
		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		self::assertSame( 'sandboxDoctorAAAAAAAAA', ( new ZoomSide( $this->site ) )->raw( $this->meeting_of( $id )['id'] )['host_id'] );
	}

	public function test_account_and_client_of_another_app_with_a_wrong_secret_serve_nobody(): void {
		self::assertSame( 201, $this->book()['status'] );
		$doctor = $this->site->login( 'doctor' );
		$seed   = $this->site->provider_seed();
		$form   = array( 'auth_type' => 'server-to-server', 'account_id' => $seed['account_id'], 'client_id' => $seed['client_id'], 'client_secret' => 'guessed' );
		$saved  = $doctor->rest( 'PUT', 'kivicare/v1/settings/zoom-telemed/doctor-config', $form );
		self::assertSame( 400, $saved['status'], $saved['body'] );
		// Even what got into the database in another way serves nobody.
		$this->site->php( "update_user_meta( {$this->doctor_id}, 'zoom_server_to_server_oauth_config_data', wp_slash( wp_json_encode( array( 'enableServerToServerOauthconfig' => 'true', 'account_id' => '{$seed['account_id']}', 'client_id' => '{$seed['client_id']}', 'client_secret' => 'guessed' ) ) ) );" );
		$id = self::id( $this->book() );
		$this->eventually( fn(): bool => 'parked' === ( $this->operations( $id )[0]['state'] ?? '' ), 'it waits for the doctor' );
		self::assertSame( 'client_refused', $this->operations( $id )[0]['reason'] );
		self::assertSame( 0, $this->meetings_of( $id ) );
	}

	/**
	 * @dataProvider forms
	 */
	public function test_the_clinics_app_must_prove_itself_before_it_is_kept( string $route, string $refused ): void {
		$before = $this->option();
		$seed   = $this->site->provider_seed();
		$form   = array( 'auth_type' => 'server-to-server', 'account_id' => $seed['account_id'], 'client_id' => $seed['client_id'] );
		$wrong  = $this->admin->rest( 'PUT', $route, $form + array( 'client_secret' => 'guessed' ) );
		self::assertStringContainsString( 'Nothing was saved', $wrong['body'] );
		self::assertSame( $refused, $wrong['status'] . ( isset( $wrong['json']['status'] ) ? ' ' . json_encode( $wrong['json']['status'] ) : '' ) );
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => '/oauth/token' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		self::assertStringContainsString( 'could not be reached', $this->admin->rest( 'PUT', $route, $form + array( 'client_secret' => $seed['client_secret'] ) )['body'] );
		self::assertSame( $before, $this->option() );
		// What does not touch the app is saved although Zoom is down.
		$mask = $this->admin->rest( 'PUT', $route, $form + array( 'client_secret' => '••••••••••••', 'personal_links' => 'Yes' ) );
		self::assertSame( array( 200, 'Yes' ), array( $mask['status'], unserialize( $this->option(), array( 'allowed_classes' => false ) )['personal_links'] ), $mask['body'] );
		$this->admin->rest( 'PUT', $route, array( 'auth_type' => 'server-to-server', 'personal_links' => 'No' ) );
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function forms(): array {
		return array(
			'dashboard' => array( 'kivicare/v1/settings/zoom-telemed', '200 false' ),
			'wp-admin'  => array( 'kivicare-telemed/v1/admin/settings/zoom', '400' ),
		);
	}

	public function test_saving_the_account_offers_the_doctors_at_once(): void {
		$other = (int) $this->site->seed['other_doctor_id'];
		$this->site->rows( 'DELETE FROM wp_kc_telemed_zoom_users' );
		$this->site->rows( "DELETE FROM wp_usermeta WHERE meta_key IN ('kiviCare_zoom_telemed_connect', 'zoom_server_to_server_oauth_config_data', 'telemed_type')" );
		$this->site->rows( "UPDATE wp_users SET user_email = 'unknown@example.test' WHERE ID = ?", array( $other ) );
		$this->site->php( 'wp_cache_flush();' );
		try {
			$seed  = $this->site->provider_seed();
			$saved = $this->admin->rest( 'PUT', 'kivicare-telemed/v1/admin/settings/zoom', array( 'auth_type' => 'server-to-server', 'account_id' => $seed['account_id'], 'client_id' => $seed['client_id'], 'client_secret' => $seed['client_secret'], 'doctors' => 'present' ) );
			self::assertSame( 200, $saved['status'], $saved['body'] );
			$states = array_column( $saved['json']['offers'], 'state', 'id' );
			self::assertSame( array( 'offered', 'host_not_found' ), array( $states[ $this->doctor_id ], $states[ $other ] ), $saved['body'] );
			self::assertStringContainsString( 'unknown@example.test', $saved['json']['message'] );
			$metas = array_column( $this->site->rows( 'SELECT meta_key, meta_value FROM wp_usermeta WHERE user_id = ?', array( $this->doctor_id ) ), 'meta_value', 'meta_key' );
			self::assertSame( array( 'on', '{"enableServerToServerOauthconfig":"true"}', 'zoom' ), array( $metas['kiviCare_zoom_telemed_connect'] ?? '', $metas['zoom_server_to_server_oauth_config_data'] ?? '', $metas['telemed_type'] ?? '' ) );
			self::assertSame( '0', (string) $this->site->rows( "SELECT COUNT(*) AS n FROM wp_usermeta WHERE user_id = ? AND meta_key = 'kiviCare_zoom_telemed_connect' AND meta_value = 'on'", array( $other ) )[0]['n'] );
			$id = self::id( $this->book() );
			$this->expect_meetings( $id, 1 );
		} finally {
			$this->site->rows( "UPDATE wp_users SET user_email = 'doctor2@example.test' WHERE ID = ?", array( $other ) );
			$this->site->php( 'wp_cache_flush();' );
		}
	}

	public function test_strangers_cannot_hide_a_doctors_refused_attempt_nor_fill_the_log(): void {
		$this->site->rows( 'DELETE FROM wp_kc_telemed_audit' );
		$id      = self::id( $this->book() );
		$refused = fn(): array => $this->site->rows( "SELECT actor_id, detail, times FROM wp_kc_telemed_audit WHERE action = 'access_refused' ORDER BY id" );
		$nobody  = new Browser( $this->site->url );
		for ( $i = 0; $i < 35; $i++ ) {
			self::assertSame( 403, $nobody->send( 'GET', '/wp-json/kivicare-telemed/v1/appointments/' . ( $id + $i ) . '/join' )['status'] );
		}
		$doctor2 = $this->site->login( 'doctor2' );
		self::assertSame( 403, $doctor2->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$id/start" )['status'] );
		$this->eventually( fn(): bool => 36 === array_sum( array_column( $refused(), 'times' ) ), 'every attempt is counted' );
		$rows = $refused();
		// The hour may have changed in between.
		self::assertLessThanOrEqual( 3, count( $rows ), (string) json_encode( $rows ) );
		self::assertSame( array( (string) $this->site->seed['other_doctor_id'], "/kivicare-telemed/v1/appointments/$id/start", '1' ), array_map( 'strval', array_values( end( $rows ) ) ) );
		$columns = (string) json_encode( $this->site->rows( 'SELECT * FROM wp_kc_telemed_audit' ) );
		self::assertStringNotContainsString( '127.0.0.1', $columns );
	}

	/**
	 * Nobody has approved the doctor.
	 */
	private function withdraw(): void {
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->zoom_users()->withdraw( {$this->doctor_id} );" );
	}

	/**
	 * @return list<array<string, mixed>>
	 */
	private function meetings_hosted_by( string $zoom_user ): array {
		return array_values( array_filter( $this->site->live_meetings(), static fn( array $meeting ): bool => $zoom_user === $meeting['host_id'] ) );
	}

	private function option(): string {
		return (string) $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" )[0]['option_value'];
	}
}
