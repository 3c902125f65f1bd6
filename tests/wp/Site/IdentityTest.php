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

	/**
	 * Behind a proxy many sites make WP_HOME from the header in which the proxy says what the visitor asked for.
	 *
	 * @dataProvider headers
	 */
	public function test_whichever_header_names_the_visitors_host_it_is_not_trusted( string $header, string $value ): void {
		$sent    = $_SERVER;
		$visitor = new \ReflectionMethod( Facts::class, 'comes_from_visitor' );
		$visitor->setAccessible( true );
		unset( $_SERVER['SERVER_NAME'] );
		$before             = $visitor->invoke( null, 'https://stranger.example/clinic' );
		$_SERVER[ $header ] = $value;
		$after              = $visitor->invoke( null, 'https://stranger.example/clinic' );
		$_SERVER            = $sent;
		$this->assertSame( array( false, true ), array( $before, $after ) );
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function headers(): array {
		return array(
			'Host'             => array( 'HTTP_HOST', 'stranger.example:8443' ),
			'with www'         => array( 'HTTP_HOST', 'WWW.Stranger.example' ),
			'of a proxy'       => array( 'HTTP_X_FORWARDED_HOST', 'stranger.example' ),
			'of several'       => array( 'HTTP_X_FORWARDED_HOST', 'clinic.example, stranger.example' ),
			'as standardised'  => array( 'HTTP_FORWARDED', 'for=192.0.2.1;host=stranger.example;proto=https' ),
			'the server\'s own' => array( 'SERVER_NAME', 'stranger.example' ),
		);
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

	/**
	 * Tools replace in every serialised value, and many people give them the host's name alone.
	 */
	public function test_search_replace_in_the_whole_database_confirms_nothing(): void {
		global $wpdb;
		Identity::confirm();
		$home   = Facts::home_row();
		$host   = (string) wp_parse_url( $home, PHP_URL_HOST );
		$moved  = static fn( string $to ): array => array( 'home' => str_replace( $host, $to, $home ), Record::OPTION => serialize( array_map( static fn( $field ) => is_int( $field ) ? $field : str_replace( $host, $to, $field ), (array) get_option( Record::OPTION ) ) ) );
		$write  = static function ( array $rows ) use ( $wpdb ): void {
			foreach ( $rows as $name => $value ) {
				$wpdb->update( $wpdb->options, array( 'option_value' => $value ), array( 'option_name' => $name ) );
			}
			wp_cache_delete( 'alloptions', 'options' );
		};
		$before = array( 'home' => $home, Record::OPTION => serialize( get_option( Record::OPTION ) ) );
		$write( $moved( 'staging.example' ) );
		$state = SiteState::of( Record::stored(), new Facts( array( Facts::home_row() ), 'production' ), Identity::id() );
		$write( $before );
		$this->assertSame( SiteState::UnknownAddress, $state );
		// "www." and the scheme do not tell one site from another, whoever wrote them into the record.
		$write( $moved( 'www.' . $host ) );
		$state = SiteState::of( Record::stored(), new Facts( array( Facts::home_row() ), 'production' ), Identity::id() );
		$write( $before );
		$this->assertSame( SiteState::Confirmed, $state );
		$this->assertSame( SiteState::Confirmed, Identity::state() );
	}

	public function test_a_site_that_goes_live_where_it_was_set_up_is_production_from_then_on(): void {
		( new Record( $this->site_id, 'https://clinic.example', array( 'clinic.example' ), 'development', 1, 'held' ) )->save();
		$at    = static fn( string $address, string $environment ): Facts => new Facts( array( $address ), $environment );
		$state = fn( string $environment ): SiteState => SiteState::of( Record::stored(), $at( 'https://clinic.example', $environment ), $this->site_id );
		Identity::note_production( $at( 'https://clinic.example', 'staging' ) );
		Identity::note_production( $at( 'https://other.example', 'production' ) );
		$this->assertSame( 'development', Record::stored()->environment, 'not live, or not here' );
		Identity::note_production( $at( 'https://clinic.example', 'production' ) );
		$this->assertSame( array( SiteState::Confirmed, SiteState::EnvironmentChanged ), array( $state( 'production' ), $state( 'development' ) ) );
		$this->assertSame( array( array( 'clinic.example' ), 'held' ), array( Record::stored()->addresses, Record::stored()->held ) );
	}

	/**
	 * Plugins that speed sites up take options out of those that WordPress loads at once.
	 */
	public function test_a_record_that_is_not_loaded_with_all_others_counts(): void {
		global $wpdb;
		$this->be_elsewhere();
		$wpdb->update( $wpdb->options, array( 'autoload' => 'no' ), array( 'option_name' => Record::OPTION ) );
		wp_cache_delete( 'alloptions', 'options' );
		wp_cache_delete( Record::OPTION, 'options' );
		$this->assertSame( SiteState::UnknownAddress, Identity::state() );
		Identity::establish();
		$this->assertSame( SiteState::UnknownAddress, Identity::state(), 'nothing is confirmed anew' );
	}

	public function test_looking_costs_no_query(): void {
		global $wpdb;
		foreach ( array( false, true ) as $established ) {
			$established ? Identity::confirm() : delete_option( Record::OPTION );
			wp_load_alloptions();
			// Where nothing is confirmed yet, WordPress asks once whether there is such an option.
			$established || Record::stored();
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
