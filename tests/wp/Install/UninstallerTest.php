<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Install;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Install\Network;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Install\Uninstaller;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Ours goes, the neighbours' stays. Tables have a prefix of the test's own; options and metas are put back.
 */
final class UninstallerTest extends TestCase {

	private const SEALED = 'kct1.0a0b0c0d.AAAA';

	private \wpdb $db;
	private string $prefix;

	/** @var array<string, mixed> */
	private array $options = array();

	/** @var list<array{user_id: string, meta_key: string, meta_value: string}> */
	private array $metas = array();

	protected function setUp(): void {
		parent::setUp();
		Identity::establish();
		$this->db     = $GLOBALS['wpdb'];
		$this->prefix = $this->db->prefix;
		foreach ( $this->db->get_col( "SELECT option_name FROM {$this->db->options} WHERE option_name LIKE 'kivicare\\_telemed\\_%'" ) as $name ) {
			$this->options[ $name ] = get_option( $name );
		}
		$this->metas      = $this->db->get_results( "SELECT user_id, meta_key, meta_value FROM {$this->db->usermeta} WHERE meta_key LIKE 'kivicare\\_telemed\\_%' OR meta_key IN ('" . DoctorConnections::ZOOM_TOKENS . "', '" . DoctorConnections::ZOOM_SHARED . "')", ARRAY_A );
		$this->db->prefix = 'kctgone_';
		( new Schema( $this->db ) )->migrate();
		update_option( Settings::OPTION, array( 'enableCal' => 'Yes', 'client_id' => 'c', 'client_secret' => self::SEALED, 'webhook_secret' => 'plain' ) );
		update_option( 'kivicare_telemed_test', 'ours' );
		update_option( 'kivicare_neighbour', 'theirs' );
		set_transient( 'kivicare_telemed_test', 'ours', 60 );
		update_user_meta( $this->doctor, 'kivicare_telemed_zoom_user', 'dr@zoom.example' );
		update_user_meta( $this->doctor, 'kivicare_neighbour', 'theirs' );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, self::SEALED );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, 'on' );
		update_user_meta( $this->doctor, DoctorConnections::MEET_TOKENS, '{"access_token":"of the original add-on"}' );
		wp_schedule_single_event( time() + 3600, Sweep::ACTION );
		wp_schedule_single_event( time() + 3600, 'kivicare_neighbour' );
	}

	protected function tearDown(): void {
		foreach ( $this->db->get_col( "SHOW TABLES LIKE 'kctgone\\_%'" ) as $table ) {
			$this->db->query( "DROP TABLE {$table}" );
		}
		$this->db->prefix = $this->prefix;
		foreach ( $this->options as $name => $value ) {
			update_option( $name, $value );
		}
		foreach ( $this->metas as $meta ) {
			update_user_meta( (int) $meta['user_id'], $meta['meta_key'], wp_slash( $meta['meta_value'] ) );
		}
		delete_option( 'kivicare_neighbour' );
		delete_user_meta( $this->doctor, 'kivicare_neighbour' );
		wp_unschedule_hook( 'kivicare_neighbour' );
		parent::tearDown();
	}

	public function test_ours_goes_and_a_later_installation_can_go_on(): void {
		$this->uninstall();

		$this->assertSame( $this->options[ Installer::SITE_ID ], get_option( Installer::SITE_ID ), 'sealed values stay readable' );
		// With what was confirmed: a later installation in a copy must know that it is one.
		$this->assertEqualsCanonicalizing( array( Installer::SITE_ID, Record::OPTION ), $this->db->get_col( "SELECT option_name FROM {$this->db->options} WHERE option_name LIKE '%kivicare\\_telemed\\_%'" ) );
		$this->assertSame( array(), $this->db->get_col( "SELECT meta_key FROM {$this->db->usermeta} WHERE meta_key LIKE 'kivicare\\_telemed\\_%'" ) );
		$this->assertSame( array( 'kctgone_' . Schema::MEET_MAPPINGS, 'kctgone_' . Schema::ZOOM_MAPPINGS ), $this->db->get_col( "SHOW TABLES LIKE 'kctgone\\_%'" ) );
		$this->assertFalse( wp_next_scheduled( Sweep::ACTION ) );
		$this->assertSame( self::SEALED, $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );
		$this->assertSame( self::SEALED, get_option( Settings::OPTION )['client_secret'] );
		$this->assert_neighbours();
	}

	public function test_with_everything_the_unreadable_secrets_go_as_well(): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, wp_slash( '{"enableServerToServerOauthconfig":"true","client_secret":"' . self::SEALED . '"}' ) );
		update_option( Uninstaller::REMOVE_ALL, 'yes' );
		$this->uninstall();

		$this->assertFalse( get_option( Installer::SITE_ID ) );
		$this->assertFalse( get_option( Record::OPTION ) );
		$this->assertSame( array( 'enableCal' => 'Yes', 'client_id' => 'c', 'client_secret' => '', 'webhook_secret' => 'plain' ), get_option( Settings::OPTION ) );
		$this->assertSame( array( '', 'off', '' ), array_map( fn( string $key ): string => (string) get_user_meta( $this->doctor, $key, true ), array( DoctorConnections::ZOOM_TOKENS, DoctorConnections::ZOOM_CONNECT, DoctorConnections::ZOOM_SHARED ) ) );
		$this->assertStringContainsString( 'original add-on', $this->stored_meta( DoctorConnections::MEET_TOKENS ), 'what is not sealed can still be read' );
		$this->assert_neighbours();
	}

	public function test_in_a_copy_the_originals_meetings_are_forgotten_with_everything(): void {
		foreach ( array( false, true ) as $elsewhere ) {
			$this->db->query( 'REPLACE INTO kctgone_' . Schema::ZOOM_MAPPINGS . " (appointment_id, zoom_id) VALUES (1, '5')" );
			update_option( Installer::SITE_ID, 'id', true );
			update_option( Uninstaller::REMOVE_ALL, 'yes' );
			( new Record( 'id', '', $elsewhere ? array( 'clinic.example' ) : Facts::now()->addresses(), 'production', 1 ) )->save();
			$this->uninstall();
			$this->assertSame( $elsewhere ? '0' : '1', (string) $this->db->get_var( 'SELECT COUNT(*) FROM kctgone_' . Schema::ZOOM_MAPPINGS ) );
		}
	}

	public function test_waiting_actions_go(): void {
		$this->db->query( 'CREATE TABLE kctgone_actionscheduler_actions (action_id int, hook varchar(191))' );
		$this->db->query( "INSERT INTO kctgone_actionscheduler_actions VALUES (1, '" . Sweep::ACTION . "'), (2, 'kivicare_neighbour')" );
		$this->uninstall();
		$this->assertSame( array( '2' ), $this->db->get_col( 'SELECT action_id FROM kctgone_actionscheduler_actions' ) );
	}

	public function test_a_deleted_site_of_a_network_takes_our_tables_along(): void {
		$network = new Network( new Installer( new Schema( $this->db ) ) );
		$tables  = $network->tables( array( 'posts' => 'kctgone_posts' ) );
		$this->assertCount( 10, $tables );
		$this->assertContains( 'kctgone_' . Schema::AUDIT, $tables );
		$this->assertContains( 'kctgone_posts', $tables );
	}

	private function uninstall(): void {
		( new Uninstaller( $this->db, new Schema( $this->db ) ) )->run();
	}

	private function assert_neighbours(): void {
		$this->assertSame( array( 'theirs', 'theirs' ), array( get_option( 'kivicare_neighbour' ), get_user_meta( $this->doctor, 'kivicare_neighbour', true ) ) );
		$this->assertNotFalse( wp_next_scheduled( 'kivicare_neighbour' ) );
	}
}
