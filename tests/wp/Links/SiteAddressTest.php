<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Links;

use KiviCare\Telemed\Config\Marketplace;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Links\SiteAddress;
use KiviCare\Telemed\Tests\TestCase;

/**
 * One address for each route, whoever asks for it and however.
 */
final class SiteAddressTest extends TestCase {

	/**
	 * @dataProvider sites
	 */
	public function test_routes_are_where_wordpress_serves_them( string $home, string $permalinks, string $people, string $provider ): void {
		$address = new SiteAddress( $home, $permalinks, 'wp-json' );
		$this->assertSame( array( $people, $provider ), array( $address->rest( 'a/v1/b' ), $address->at_provider( 'a/v1/b' ) ) );
	}

	/**
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function sites(): array {
		$pretty = '/%postname%/';
		return array(
			'usual'            => array( 'https://clinic.example', $pretty, 'https://clinic.example/wp-json/a/v1/b', 'https://clinic.example/wp-json/a/v1/b' ),
			'in a folder'      => array( 'https://example.org/clinic', $pretty, 'https://example.org/clinic/wp-json/a/v1/b', 'https://example.org/clinic/wp-json/a/v1/b' ),
			'plain permalinks' => array( 'https://clinic.example', '', 'https://clinic.example/index.php?rest_route=/a/v1/b', 'https://clinic.example/index.php?rest_route=/a/v1/b' ),
			'with index.php'   => array( 'https://clinic.example', '/index.php/%postname%/', 'https://clinic.example/index.php/wp-json/a/v1/b', 'https://clinic.example/index.php/wp-json/a/v1/b' ),
			'http in settings' => array( 'http://clinic.example', $pretty, 'http://clinic.example/wp-json/a/v1/b', 'https://clinic.example/wp-json/a/v1/b' ),
			'this machine'     => array( 'http://127.0.0.1:8080', $pretty, 'http://127.0.0.1:8080/wp-json/a/v1/b', 'http://127.0.0.1:8080/wp-json/a/v1/b' ),
			'localhost'        => array( 'http://localhost', $pretty, 'http://localhost/wp-json/a/v1/b', 'http://localhost/wp-json/a/v1/b' ),
			'not localhost'    => array( 'http://localhost.example', $pretty, 'http://localhost.example/wp-json/a/v1/b', 'https://localhost.example/wp-json/a/v1/b' ),
		);
	}

	public function test_this_site_is_where_wordpress_says(): void {
		$this->assertSame( rest_url( 'kivicare/v1/settings/zoom-telemed/callback' ), Provider::Zoom->redirect_url() );
		$this->assertSame( rest_url( 'kivicare/v1/settings/googlemeet/callback' ), Provider::GoogleMeet->redirect_url() );
		$before = get_option( 'permalink_structure' );
		update_option( 'permalink_structure', '' );
		try {
			$this->assertSame( home_url( '/index.php?rest_route=/a/v1/b' ), SiteAddress::current()->rest( 'a/v1/b' ) );
		} finally {
			update_option( 'permalink_structure', $before );
		}
	}

	public function test_filters_and_the_host_header_change_nothing(): void {
		$before = array( SiteAddress::current(), Marketplace::rows() );
		$host   = $_SERVER['HTTP_HOST'] ?? null;
		$other  = static fn(): string => 'https://elsewhere.example/en';
		$names  = array( 'home_url', 'rest_url', 'site_url', 'option_home', 'pre_option_home' );
		foreach ( $names as $name ) {
			add_filter( $name, $other, 99 );
		}
		$_SERVER['HTTP_HOST'] = 'evil.example';
		try {
			$this->assertEquals( $before, array( SiteAddress::current(), Marketplace::rows() ) );
		} finally {
			$_SERVER['HTTP_HOST'] = $host;
			foreach ( $names as $name ) {
				remove_filter( $name, $other, 99 );
			}
		}
	}

	public function test_the_prefix_of_the_site_counts(): void {
		$prefix = static fn(): string => 'api';
		add_filter( 'rest_url_prefix', $prefix );
		$this->assertStringEndsWith( '/api/a/v1/b', SiteAddress::current()->rest( 'a/v1/b' ) );
		remove_filter( 'rest_url_prefix', $prefix );
	}
}
