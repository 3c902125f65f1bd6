<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Config;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\NativeSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Tests\TestCase;

/**
 * The clinic's Zoom settings.
 */
final class SettingsTest extends TestCase {

	private const CLINIC_WIDE = array(
		'auth_type'     => 'server-to-server',
		'client_id'     => 'cid',
		'client_secret' => 'hunter2',
		'account_id'    => 'acc',
	);

	public function test_secret_is_sealed_and_masked(): void {
		$settings = $this->plugin->settings();
		$settings->save_zoom( $this->bridge, self::CLINIC_WIDE );

		$this->assertStringNotContainsString( 'hunter2', serialize( get_option( Settings::OPTION ) ) );
		$this->assertSame( array( array( 'plaintext' => 'hunter2', 'owner' => 'option:' . Settings::OPTION, 'purpose' => 'client_secret' ) ), $this->bridge->sealed );
		$this->assertTrue( $this->bridge->is_sealed( $settings->zoom()['client_secret'] ) );
		$this->assertSame( Settings::MASK, $settings->zoom_for_display()['client_secret'] );
		$this->assertSame( 'Yes', get_option( Settings::OPTION )['enableCal'] );
		$this->assertTrue( $settings->is_clinic_wide() );
	}

	public function test_mask_and_empty_keep_the_secret(): void {
		$settings = $this->plugin->settings();
		$settings->save_zoom( $this->bridge, self::CLINIC_WIDE );
		$before = $settings->zoom()['client_secret'];
		foreach ( array( Settings::MASK, '' ) as $kept ) {
			$settings->save_zoom( $this->bridge, array( 'client_secret' => $kept, 'client_id' => 'other' ) );
			$this->assertSame( $before, $settings->zoom()['client_secret'] );
		}
		$this->assertSame( 'other', $settings->zoom()['client_id'] );
		$this->assertCount( 1, $this->bridge->sealed );
	}

	public function test_nothing_is_saved_when_sealing_fails(): void {
		$this->bridge->seal_error = new BridgeException( Failure::Vault, 'no key' );
		try {
			$this->plugin->settings()->save_zoom( $this->bridge, self::CLINIC_WIDE );
			$this->fail( 'a secret without a key must be refused' );
		} catch ( BridgeException $error ) {
			$this->assertSame( Failure::Vault, $error->failure );
		}
		$this->assertFalse( get_option( Settings::OPTION ) );
	}

	public function test_unknown_auth_type_is_refused(): void {
		$this->expectException( \InvalidArgumentException::class );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'basic' ) );
	}

	public function test_none_turns_zoom_off_for_kivicare(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, self::CLINIC_WIDE );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'none' ) );
		$this->assertSame( 'No', get_option( Settings::OPTION )['enableCal'] );
		$this->assertFalse( $this->plugin->settings()->is_configured() );
	}

	public function test_damaged_option_counts_as_unset(): void {
		foreach ( array( 'text', array( 'auth_type' => array( 'x' ) ), array( 'auth_type' => 'basic' ) ) as $damaged ) {
			update_option( Settings::OPTION, $damaged );
			$this->assertSame( 'none', $this->plugin->settings()->zoom()['auth_type'] );
		}
	}

	/**
	 * @runInSeparateProcess
	 * @preserveGlobalState disabled
	 */
	public function test_constants_win_over_the_option(): void {
		update_option( Settings::OPTION, array( 'auth_type' => 'oauth', 'client_id' => 'from-option', 'account_id' => 'left-over' ) );
		define( 'KIVICARE_TELEMED_ZOOM_CLIENT_ID', 'from-constant' );
		define( 'KIVICARE_TELEMED_RETIRED_KEYS', 'one, two,' );
		$native = $this->native();

		$this->assertSame( 'from-constant', $native['zoom']['client_id'] );
		$this->assertSame( 'oauth', $native['zoom']['auth_type'] );
		$this->assertSame( '', $native['zoom']['account_id'], 'OAuth sites have no clinic-wide account' );
		$this->assertSame( array( 'one', 'two' ), $native['keys']['retired'] );
	}

	public function test_url_ca_and_plain_http_never_come_from_the_option(): void {
		update_option( Settings::OPTION, array( 'auth_type' => 'oauth', 'api_url' => 'http://evil.example', 'oauth_url' => 'http://evil.example', 'ca_file' => '/tmp/x', 'allow_http' => '1' ) );
		$native = $this->native();

		$this->assertStringNotContainsString( 'evil.example', (string) wp_json_encode( $native ) );
		$this->assertSame( defined( 'KIVICARE_TELEMED_CA_FILE' ) ? KIVICARE_TELEMED_CA_FILE : null, $native['http']['ca_file'] );
		$this->assertSame( defined( 'KIVICARE_TELEMED_ALLOW_HTTP' ) && KIVICARE_TELEMED_ALLOW_HTTP, $native['http']['allow_http'] );
	}

	public function test_native_settings_describe_this_site(): void {
		global $wpdb;
		$native = $this->native();
		$this->assertMatchesRegularExpression( '/^[0-9a-f]{32}$/', $native['site'] );
		$this->assertSame( DB_HOST, $native['db']['host'] );
		$this->assertSame( $wpdb->prefix, $native['db']['prefix'] );
		$this->assertSame( $wpdb->usermeta, $native['db']['usermeta_table'] );
	}

	private function native(): array {
		global $wpdb;
		return ( new NativeSettings( $wpdb, $this->plugin->settings(), $this->plugin->google(), new Constants() ) )->to_array();
	}
}
