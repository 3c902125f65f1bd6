<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Config;

use KiviCare\Telemed\Config\OutboundSettings;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What the extension is told of the way out. The constants are tested end to end: a process has them once.
 */
final class OutboundSettingsTest extends TestCase {

	private const NAMES = array( 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY', 'HTTP_PROXY' );

	/** @var array<string, string|false> */
	private array $before = array();

	protected function setUp(): void {
		parent::setUp();
		foreach ( self::NAMES as $name ) {
			$this->before[ $name ] = getenv( $name );
			putenv( $name );
		}
	}

	protected function tearDown(): void {
		foreach ( $this->before as $name => $value ) {
			putenv( false === $value ? $name : "$name=$value" );
		}
		parent::tearDown();
	}

	public function test_without_a_proxy_there_is_none(): void {
		putenv( 'HTTP_PROXY=http://proxy.example:1' );
		$this->assertNull( ( new OutboundSettings() )->to_array()['proxy'], 'a variable that a request can set does not count' );
	}

	public function test_the_environments_names_in_curls_order(): void {
		putenv( 'ALL_PROXY=http://all.example:1' );
		$this->assertSame( array( 'host' => 'http://all.example:1', 'no_proxy' => '' ), ( new OutboundSettings() )->to_array()['proxy'] );
		putenv( 'HTTPS_PROXY=http://upper.example:2' );
		putenv( 'NO_PROXY=a.example' );
		$this->assertSame( array( 'host' => 'http://upper.example:2', 'no_proxy' => 'a.example' ), ( new OutboundSettings() )->to_array()['proxy'] );
		putenv( 'https_proxy=http://lower.example:3' );
		$this->assertSame( 'http://lower.example:3', ( new OutboundSettings() )->to_array()['proxy']['host'] );
	}

	public function test_the_sites_own_host_and_the_hosts_that_may_be_reached(): void {
		$settings = ( new OutboundSettings() )->to_array();
		$this->assertSame( wp_parse_url( get_option( 'siteurl' ), PHP_URL_HOST ), $settings['own_host'] );
		$this->assertSame( '127.0.0.1', $settings['only'] );
	}
}
