<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Site;

use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\NativeSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Links\SiteAddress;
use KiviCare\Telemed\Site\Addresses;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Pause;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Site\SiteState;
use KiviCare\Telemed\Tests\TestCase;

/**
 * The record and what may change it.
 */
final class IdentityTest extends TestCase {

	use PausedSite;

	public function test_the_present_place_is_confirmed_once_and_by_itself(): void {
		delete_option( Record::OPTION );
		$this->assertFalse( Pause::is_on(), 'an update alone pauses nothing' );
		Identity::establish();
		$record = Record::stored();
		$this->assertNotNull( $record );
		$this->assertSame( Facts::now()->addresses(), $record->addresses );
		$this->assertSame( array( $this->site_id, 'production' ), array( $record->site, $record->environment ) );

		$this->be_elsewhere();
		Identity::establish();
		$this->assertSame( array( 'clinic.example' ), Record::stored()->addresses, 'never again' );
		$this->assertSame( SiteState::UnknownAddress, Identity::state() );
	}

	public function test_an_address_that_wp_config_names_is_trusted_although_the_visitor_sent_the_same(): void {
		$sent = $_SERVER['HTTP_HOST'] ?? null;

		$_SERVER['HTTP_HOST'] = (string) wp_parse_url( (string) WP_HOME, PHP_URL_HOST );
		$trusted              = Facts::trustworthy()->addresses();
		$_SERVER['HTTP_HOST'] = $sent;
		$this->assertContains( Addresses::normalise( (string) WP_HOME ), $trusted );
	}

	public function test_filters_of_language_and_domain_plugins_do_not_matter(): void {
		delete_option( Record::OPTION );
		Identity::establish();
		$changed = static fn(): string => 'https://other.example/de';
		$hooks   = array( 'home_url', 'option_home', 'pre_option_home', 'site_url', 'rest_url' );
		foreach ( $hooks as $hook ) {
			add_filter( $hook, $changed );
		}
		$this->assertSame( 'https://other.example/de', home_url() );
		$this->assertSame( SiteState::Confirmed, Identity::state() );
		$this->assertStringNotContainsString( 'other.example', SiteAddress::current()->registered() );
		delete_option( Record::OPTION );
		Identity::establish();
		$this->assertStringNotContainsString( 'other.example', (string) wp_json_encode( Record::stored() ) );
		foreach ( $hooks as $hook ) {
			remove_filter( $hook, $changed );
		}
	}

	public function test_a_row_that_search_replace_has_changed_is_seen(): void {
		global $wpdb;
		Identity::confirm();
		$home = Facts::home_row();
		$wpdb->update( $wpdb->options, array( 'option_value' => 'https://staging.example' ), array( 'option_name' => 'home' ) );
		wp_cache_delete( 'alloptions', 'options' );
		$state = Identity::state();
		$wpdb->update( $wpdb->options, array( 'option_value' => $home ), array( 'option_name' => 'home' ) );
		wp_cache_delete( 'alloptions', 'options' );
		$this->assertSame( SiteState::UnknownAddress, $state, 'WP_HOME alone does not confirm' );
		$this->assertSame( SiteState::Confirmed, Identity::state() );
	}

	public function test_looking_costs_no_query(): void {
		global $wpdb;
		foreach ( array( false, true ) as $established ) {
			$established ? Identity::confirm() : delete_option( Record::OPTION );
			wp_load_alloptions();
			$before = $wpdb->num_queries;
			for ( $i = 0; $i < 3; $i++ ) {
				Pause::is_on();
			}
			SiteAddress::current()->registered();
			$this->assertSame( $before, $wpdb->num_queries );
		}
		$this->assertSame( 'yes', strtr( (string) $wpdb->get_var( $wpdb->prepare( "SELECT autoload FROM {$wpdb->options} WHERE option_name = %s", Record::OPTION ) ), array( 'on' => 'yes' ) ) );
	}

	public function test_another_address_is_added_and_a_move_forgets_the_former_ones(): void {
		$this->be_elsewhere();
		Identity::add();
		$this->assertSame( array( 'clinic.example', ...Facts::now()->addresses() ), Record::stored()->addresses );
		$this->assertSame( 'https://clinic.example', SiteAddress::current()->registered(), 'the address that was confirmed first stays the site\'s' );
		$this->assertFalse( Pause::is_on() );
		Identity::add( 'https://praxis.example/' );
		$this->assertContains( 'praxis.example', Record::stored()->addresses );
		( new Record( $this->site_id, '', Facts::now()->addresses(), 'development', 1 ) )->save();
		Identity::add( 'https://other.example/' );
		$this->assertSame( 'development', Record::stored()->environment, 'another address says nothing of the environment' );
		Identity::confirm();
		$this->assertSame( Facts::now()->addresses(), Record::stored()->addresses );
	}

	public function test_the_extension_is_told(): void {
		global $wpdb;
		$constants = new Constants();
		$settings  = new NativeSettings( $wpdb, new Settings( $constants ), new GoogleSettings( $constants ), $constants );
		Identity::confirm();
		$this->assertFalse( $settings->to_array()['paused'] );
		$this->be_elsewhere();
		$this->assertTrue( $settings->to_array()['paused'] );
	}
}
