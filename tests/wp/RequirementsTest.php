<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests;

use KiviCare\Telemed\Admin\RequirementsNotice;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Requirements;
use KiviCare\Telemed\SiteHealth\ExtensionCheck;
use KiviCare\Telemed\SiteHealth\KeyCheck;

/**
 * When the plugin stays out of the way, and what it then says.
 */
final class RequirementsTest extends TestCase {

	/**
	 * @dataProvider sites
	 */
	public function test_problems( array $facts, array $problems, string $fix ): void {
		$requirements = new Requirements( ...( $facts + array( 'php' => '8.2.0', 'wp' => '6.1', 'extension' => Plugin::VERSION, 'kivicare' => '4.0.0', 'rival' => false ) ) );

		$this->assertSame( $problems, $requirements->problems() );
		$this->assertSame( array() === $problems, $requirements->are_met() );
		$this->assertStringContainsString( $fix, implode( ' ', $requirements->fixes() ) );
	}

	public static function sites(): array {
		return array(
			'all there'           => array( array(), array(), '' ),
			'old PHP'             => array( array( 'php' => '8.1.30' ), array( 'php' ), '8.2' ),
			'old WordPress'       => array( array( 'wp' => '6.0.9' ), array( 'wp' ), '6.1' ),
			'no extension'        => array( array( 'extension' => null ), array( 'extension_missing' ), 'extension=kivicare_telemed.so' ),
			'older extension'     => array( array( 'extension' => '0.0.9' ), array( 'extension_version' ), '0.0.9' ),
			'newer extension'     => array( array( 'extension' => '0.1.1' ), array( 'extension_version' ), '0.1.1' ),
			'no KiviCare'         => array( array( 'kivicare' => null ), array( 'kivicare_missing' ), 'activate KiviCare' ),
			'KiviCare 3'          => array( array( 'kivicare' => '3.6.13' ), array( 'kivicare_version' ), '3.6.13' ),
			'genuine add-on'      => array( array( 'rival' => true ), array( 'add_on_active' ), 'Deactivate' ),
			'several'             => array( array( 'extension' => null, 'kivicare' => null ), array( 'extension_missing', 'kivicare_missing' ), 'activate KiviCare' ),
		);
	}

	public function test_site_defines_the_constant_exactly_when_the_extension_fits(): void {
		$fits = Plugin::VERSION === ( function_exists( 'KiviCare\\Telemed\\Native\\version' ) ? \KiviCare\Telemed\Native\version() : null );
		$this->assertSame( $fits, defined( 'KIVICARE_TELEMED_VERSION' ) );
		$this->assertSame( $fits, isset( apply_filters( 'kc_telemed_providers', array() )['zoom'] ) );
		$this->assertSame( $fits, isset( apply_filters( 'kc_telemed_providers', array() )['googlemeet'] ) );
		foreach ( array( 'KIVICARE_GOOGLE_MEET_ADDON_VERSION', 'KIVICARE_GOOGLEMEET_VERSION' ) as $name ) {
			$this->assertSame( $fits, defined( $name ) && version_compare( constant( $name ), '4.0.0', '>=' ) );
		}
	}

	public function test_notice_is_for_those_who_can_act(): void {
		$notice = new RequirementsNotice( new Requirements( '8.2.0', '6.1', null, '4.3.0', false ) );
		wp_set_current_user( $this->doctor );
		$this->assertSame( '', $this->rendered( $notice ) );

		wp_set_current_user( (int) get_users( array( 'role' => 'administrator', 'fields' => 'ID' ) )[0] );
		$this->assertSame( 1, substr_count( $this->rendered( $notice ), 'notice-error' ) );
		$this->assertStringContainsString( 'extension=kivicare_telemed.so', $this->rendered( $notice ) );
		$this->assertSame( '', $this->rendered( new RequirementsNotice( self::met() ) ) );
		wp_set_current_user( 0 );
	}

	public function test_site_health_is_critical_without_the_extension(): void {
		$check = new ExtensionCheck( new Requirements( '8.2.0', '6.1', null, '4.3.0', false ) );
		$this->assertSame( 'critical', $check->run()['status'] );
		$this->assertStringContainsString( 'kivicare_telemed.so', $check->run()['description'] );
		$this->assertSame( 'good', ( new ExtensionCheck( self::met() ) )->run()['status'] );
		$this->assertIsCallable( $check->add( array() )['direct'][ $check->run()['test'] ]['test'] );
	}

	/**
	 * @dataProvider keys
	 */
	public function test_site_health_names_the_key_source( string $source, string $status ): void {
		$this->bridge->key_source = $source;
		$this->assertSame( $status, ( new KeyCheck( $this->bridge ) )->run()['status'] );
	}

	public static function keys(): array {
		return array(
			array( 'key', 'good' ),
			array( 'salts', 'recommended' ),
			array( 'none', 'critical' ),
		);
	}

	public function test_status_report_has_no_secret(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'oauth', 'client_id' => 'cid', 'client_secret' => 'hunter2' ) );
		$rows = array_column( $this->plugin->status()->rows(), 'value', 'item' );

		$this->assertSame( array( 'complete', 'key', 'oauth', 'yes' ), array( $rows['tables'], $rows['key'], $rows['zoom'], $rows['zoom_ready'] ) );
		$this->assertStringNotContainsString( 'fake', implode( ' ', $rows ) );
	}

	private function rendered( RequirementsNotice $notice ): string {
		ob_start();
		$notice->render();
		return (string) ob_get_clean();
	}
}
