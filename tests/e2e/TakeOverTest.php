<?php

declare(strict_types=1);

/**
 * A clinic comes from the original add-ons: it activates the plugin, and video visits go on.
 */
final class TakeOverTest extends SiteTestCase {

	protected function tearDown(): void {
		$this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/connect.php', true ) . ';' );
		parent::tearDown();
	}

	public function test_activation_seals_what_was_plain_and_the_doctors_connection_goes_on(): void {
		$seed   = $this->site->provider_seed();
		$doctor = (int) $this->site->seed['doctor_id'];
		$grant  = $this->site->sandbox( 'POST', '/grants', array( 'client_id' => $seed['client_id'], 'user' => $seed['user_id'] ) );
		$legacy = array( 'enableCal' => 'Yes', 'client_id' => $seed['client_id'], 'client_secret' => $seed['client_secret'], 'redirect_uri' => 'https://old.example/', 'api_key' => 'old' );
		$tokens = array_intersect_key( $grant, array_flip( array( 'access_token', 'refresh_token', 'expires_in', 'scope', 'token_type' ) ) );
		$this->site->php(
			'require_once ABSPATH . "wp-admin/includes/plugin.php"; $plugin = "kivicare-telemed/kivicare-telemed.php"; deactivate_plugins( $plugin );'
			. "update_option( 'kiviCare_zoom_telemed_setting', " . var_export( $legacy, true ) . " ); delete_option( 'kiviCare_zoom_telemed_server_to_server_oauth_status' ); delete_user_meta( $doctor, 'zoom_server_to_server_oauth_config_data' );"
			. "update_user_meta( $doctor, 'kiviCare_doctor_zoom_telemed_config', (object) " . var_export( $tokens, true ) . " ); update_user_meta( $doctor, 'kiviCare_zoom_telemed_connect', 'on' ); update_user_meta( $doctor, 'telemed_type', 'zoom' );"
		);
		self::assertNotSame( array(), $this->rows_with( $tokens['refresh_token'] ) );
		$this->site->php( 'require_once ABSPATH . "wp-admin/includes/plugin.php"; wp_set_current_user( 1 ); $result = activate_plugin( "kivicare-telemed/kivicare-telemed.php" ); if ( is_wp_error( $result ) ) { echo $result->get_error_message(); exit( 1 ); }' );
		foreach ( array( $tokens['refresh_token'], $tokens['access_token'], $seed['client_secret'] ) as $secret ) {
			self::assertSame( array(), $this->rows_with( $secret ) );
		}

		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		self::assertSame( 'own', json_decode( $this->mappings( $id )[0]['extra'], true )['via'] );
		$config = $this->site->login( 'doctor' )->rest( 'GET', 'kivicare/v1/settings/zoom-telemed/doctor-config' )['json']['data'];
		self::assertSame( array( 'oauth', true ), array( $config['auth_type'], $config['is_connected'] ) );
	}

	/**
	 * @return list<array<string, mixed>>
	 */
	private function rows_with( string $secret ): array {
		return $this->site->rows( 'SELECT umeta_id AS id FROM wp_usermeta WHERE INSTR(meta_value, ?) UNION SELECT option_id FROM wp_options WHERE INSTR(option_value, ?)', array( $secret, $secret ) );
	}
}
