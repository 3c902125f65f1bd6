<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

/**
 * A network of sites: activated for all of them, on new ones too, and removed from all of them. A network of its own beside
 * the site, with its own table prefix; every step is a process of its own, as an administrator's clicks would be.
 */
final class NetworkTest extends TestCase {

	private const PLUGIN = "'kivicare-telemed/kivicare-telemed.php'";

	private Site $site;

	protected function setUp(): void {
		$this->site = Site::from_environment();
		$this->drop();
		$this->step( 'install', 'require_once ABSPATH . "wp-admin/includes/upgrade.php"; wp_install( "Network", "root", "root@example.test", true, "", wp_generate_password() );' );
		$this->step( 'install', 'require_once ABSPATH . "wp-admin/includes/upgrade.php"; foreach ( $GLOBALS["wpdb"]->tables( "ms_global" ) as $table => $name ) { $GLOBALS["wpdb"]->$table = $name; } install_network(); $made = populate_network( 1, "network.example.test", "root@example.test", "Network", "/", false ); echo is_wp_error( $made ) && "no_wildcard_dns" !== $made->get_error_code() ? $made->get_error_message() : "";' );
		$this->step( 'sites', 'wp_insert_site( array( "domain" => "network.example.test", "path" => "/two/", "network_id" => 1, "user_id" => 1 ) );' );
		self::assertSame( '', $this->step( 'sites', 'require_once ABSPATH . "wp-admin/includes/plugin.php"; $result = activate_plugin( ' . self::PLUGIN . ', "", true ); echo is_wp_error( $result ) ? $result->get_error_message() : "";' ) );
	}

	protected function tearDown(): void {
		$this->drop();
		$this->site->close();
	}

	public function test_every_site_of_the_network_gets_its_tables(): void {
		self::assertSame( array( 'net_', 'net_2_' ), $this->sites_with_tables() );
	}

	public function test_every_site_is_confirmed_by_itself_under_its_own_address(): void {
		$records = array();
		foreach ( array( 'net_', 'net_2_' ) as $prefix ) {
			$home   = $this->site->rows( "SELECT option_value FROM {$prefix}options WHERE option_name = 'home'" )[0]['option_value'];
			$record = unserialize( $this->site->rows( "SELECT option_value FROM {$prefix}options WHERE option_name = 'kivicare_telemed_site'" )[0]['option_value'], array( 'allowed_classes' => false ) );
			self::assertContains( substr( rtrim( $home, '/' ), strlen( 'http://' ) ), $record['addresses'] );
			$records[] = $record['site'];
		}
		self::assertCount( 2, array_unique( $records ) );
		// One that is cloned within the network is a copy, and the users are not its own.
		$this->step( 'sites', 'switch_to_blog( 1 ); $cloned = array( get_option( "kivicare_telemed_site_id" ), get_option( "kivicare_telemed_site" ) ); restore_current_blog(); switch_to_blog( 2 ); update_option( "kivicare_telemed_site_id", $cloned[0] ); update_option( "kivicare_telemed_site", $cloned[1] ); restore_current_blog(); update_user_meta( 1, "kiviCare_doctor_zoom_telemed_config", "sealed" );' );
		self::assertSame( 'unknown_address 1 sealed confirmed', $this->step( 'sites', 'switch_to_blog( 2 ); echo KiviCare\Telemed\Site\Identity::state()->value, " "; $rows = new KiviCare\Telemed\Site\SiteRows( $GLOBALS["wpdb"] ); echo (int) $rows->is_shared( KiviCare\Telemed\Site\Identity::id() ), " "; ( new KiviCare\Telemed\Site\Decisions( $rows, static fn() => null ) )->copy(); echo get_user_meta( 1, "kiviCare_doctor_zoom_telemed_config", true ), " ", KiviCare\Telemed\Site\Identity::state()->value; restore_current_blog();' ) );
	}

	public function test_a_new_site_gets_its_tables_and_a_deleted_one_leaves_none(): void {
		$this->step( 'sites', 'wp_insert_site( array( "domain" => "network.example.test", "path" => "/three/", "network_id" => 1, "user_id" => 1 ) );' );
		self::assertSame( array( 'net_', 'net_2_', 'net_3_' ), $this->sites_with_tables() );
		$this->step( 'sites', 'wp_delete_site( 3 );' );
		self::assertSame( array( 'net_', 'net_2_' ), $this->sites_with_tables() );
	}

	public function test_deleting_the_plugin_cleans_every_site_and_leaves_the_neighbours(): void {
		foreach ( array( 'net_', 'net_2_' ) as $prefix ) {
			$this->site->rows( "CREATE TABLE {$prefix}kc_neighbour (id INT)" );
			$this->site->rows( "INSERT INTO {$prefix}kc_appointment_zoom_mappings (appointment_id, zoom_id) VALUES (1, '5')" );
			$this->site->rows( "INSERT INTO {$prefix}options (option_name, option_value) VALUES ('kivicare_neighbour', 'theirs'), ('kivicare_telemed_anything', 'ours')" );
		}
		$this->step( 'sites', 'require_once ABSPATH . "wp-admin/includes/plugin.php"; deactivate_plugins( ' . self::PLUGIN . ', false, true );' );
		$this->step( 'sites', 'require_once ABSPATH . "wp-admin/includes/plugin.php"; uninstall_plugin( ' . self::PLUGIN . ' );' );
		self::assertSame( array(), $this->sites_with_tables() );
		foreach ( array( 'net_', 'net_2_' ) as $prefix ) {
			self::assertSame( array( "{$prefix}kc_neighbour" ), $this->tables( "{$prefix}kc_neighbour" ) );
			self::assertSame( '1', (string) $this->site->rows( "SELECT COUNT(*) AS n FROM {$prefix}kc_appointment_zoom_mappings" )[0]['n'], 'the mapping rows are the add-on\'s too' );
			self::assertSame( array( 'kivicare_neighbour' ), array_column( $this->site->rows( "SELECT option_name FROM {$prefix}options WHERE option_name IN ('kivicare_neighbour', 'kivicare_telemed_anything')" ), 'option_name' ) );
		}
	}

	/**
	 * Runs code in the network.
	 *
	 * @param string $stage install (no network yet) or sites.
	 */
	private function step( string $stage, string $code ): string {
		return $this->site->php( $code, array( 'env', "KCT_NETWORK=$stage" ) );
	}

	/**
	 * @return list<string> Prefixes of sites that have our journal.
	 */
	private function sites_with_tables(): array {
		$found = array_map( static fn( string $table ): string => substr( $table, 0, -strlen( 'kc_telemed_operations' ) ), $this->tables( 'net\_%kc\_telemed\_operations' ) );
		sort( $found );
		return $found;
	}

	/**
	 * @return list<string>
	 */
	private function tables( string $like ): array {
		return array_map( static fn( array $row ): string => (string) current( $row ), $this->site->rows( 'SHOW TABLES LIKE ' . "'" . $like . "'" ) );
	}

	private function drop(): void {
		foreach ( $this->tables( 'net\_%' ) as $table ) {
			$this->site->rows( "DROP TABLE `$table`" );
		}
	}
}
