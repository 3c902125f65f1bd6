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
		self::assertSame( 'unknown_address 1 sealed confirmed', $this->step( 'sites', 'switch_to_blog( 2 ); echo KiviCare\Telemed\Site\Identity::state()->value, " "; $rows = new KiviCare\Telemed\Site\SiteRows(); echo (int) $rows->is_shared( KiviCare\Telemed\Site\Identity::id() ), " "; ( new KiviCare\Telemed\Site\Decisions( $rows, static fn() => null ) )->copy(); echo get_user_meta( 1, "kiviCare_doctor_zoom_telemed_config", true ), " ", KiviCare\Telemed\Site\Identity::state()->value; restore_current_blog();' ) );
	}

	public function test_the_networks_own_pages_say_that_its_main_site_is_paused(): void {
		$page = $this->step( 'sites', 'update_option( "kivicare_telemed_site", array() ); wp_set_current_user( 1 ); do_action( "network_admin_notices" );' );
		self::assertStringContainsString( 'id="kivicare-telemed-site"', $page );
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

	public function test_a_site_without_kivicares_tables_logs_nothing(): void {
		$log    = dirname( $this->site->run ) . '/debug.log';
		$before = is_file( $log ) ? filesize( $log ) : 0;
		// Activation was in setUp(), but a message of it would be there: it is done again here.
		$this->step( 'sites', 'require_once ABSPATH . "wp-admin/includes/plugin.php"; deactivate_plugins( ' . self::PLUGIN . ', false, true ); activate_plugin( ' . self::PLUGIN . ', "", true );' );
		$this->step(
			'sites',
			'switch_to_blog( 2 ); $plugin = KiviCare\Telemed\Plugin::of_this_site(); $plugin->sweep()->run( 5 ); $plugin->sweep()->report(); $plugin->upgrade()->run();
			$query = new KiviCare\Telemed\Overview\Query(); $plugin->doctor_list()->page( $query ); $plugin->meeting_list()->page( $query ); $plugin->operation_list()->page( $query );
			$rows = new KiviCare\Telemed\Privacy\PersonalRows(); $rows->meetings( 1, 5, 0 ); $rows->operations( 1, 5, 0 ); $rows->audit( 1, 5, 0 ); $rows->clear_meetings( 1 );
			( new KiviCare\Telemed\Audit\Retention( new KiviCare\Telemed\Config\Constants() ) )->run(); $plugin->zoom_offers()->care(); $plugin->status();'
		);
		clearstatcache();
		$logged = preg_grep( '/database error|kivicare/i', explode( "\n", (string) @file_get_contents( $log, false, null, $before ) ) );
		self::assertSame( array(), array_values( (array) $logged ) );
	}

	public function test_only_members_of_a_site_are_adopted_and_told_of(): void {
		$doctors = $this->doctors();
		foreach ( array( 'net_' => array( 'one', 'both' ), 'net_2_' => array( 'two' ) ) as $prefix => $members ) {
			self::assertSame( array(), $this->connected( $prefix ) );
			$this->tend( $prefix );
			$wanted = array_map( static fn( string $name ): string => (string) $doctors[ $name ], $members );
			sort( $wanted );
			self::assertSame( $wanted, $this->connected( $prefix ), "$prefix adopts its own members alone" );
		}
		// What an earlier version had adopted of other sites goes.
		$this->site->rows( "INSERT INTO net_2_kc_telemed_connections (doctor_id, provider, state) VALUES (?, 'zoom', 'expiring')", array( $doctors['one'] ) );
		$this->tend( 'net_2_' );
		self::assertSame( array( (string) $doctors['two'] ), $this->connected( 'net_2_' ) );
		$listed = json_decode( $this->step( 'sites', 'switch_to_blog( 2 ); echo wp_json_encode( array_column( KiviCare\Telemed\Plugin::of_this_site()->doctor_list()->page( new KiviCare\Telemed\Overview\Query() )->items, null, "id" ) );' ), true );
		self::assertEqualsCanonicalizing( array( $doctors['two'], $doctors['both'] ), array_column( $listed, 'id' ) );
		self::assertSame( 'not_connected', $listed[ $doctors['both'] ]['connections']['zoom']['state'], 'connected with the other site' );
	}

	public function test_who_leaves_a_site_leaves_its_connection_and_no_other(): void {
		$doctors = $this->doctors();
		$this->tend( 'net_' );
		$this->tend( 'net_2_' );
		$this->step( 'sites', "remove_user_from_blog( {$doctors['both']}, 2 );" );
		self::assertTrue( $this->keeps_tokens( $doctors['both'] ), 'the connection is with the first site' );
		$this->site->rows( "INSERT INTO net_2_kc_telemed_zoom_users (doctor_id, zoom_user_id) VALUES (?, 'z')", array( $doctors['two'] ) );
		$this->step( 'sites', "remove_user_from_blog( {$doctors['two']}, 2 );" );
		self::assertFalse( $this->keeps_tokens( $doctors['two'] ) );
		self::assertSame( array(), $this->connected( 'net_2_' ) );
		self::assertSame( array(), $this->site->rows( 'SELECT * FROM net_2_kc_telemed_zoom_users' ) );
	}

	public function test_who_leaves_inside_a_transaction_is_forgotten_after_it_and_only_if_it_comes_true(): void {
		foreach ( array( 'ROLLBACK' => 1, 'COMMIT' => 0 ) as $ends => $left ) {
			$doctors ??= $this->doctors();
			$this->site->rows( "REPLACE INTO net_2_kc_telemed_zoom_users (doctor_id, zoom_user_id) VALUES (?, 'z')", array( $doctors['two'] ) );
			$written = $this->step(
				'sites',
				'( new KiviCare\Telemed\KiviCare\OpenTransactions() )->register(); $ours = array(); add_filter( "query", static function ( $sql ) use ( &$ours ) { if ( str_contains( $sql, "zoom_users" ) && ! str_starts_with( $sql, "SELECT" ) ) { $ours[] = $sql; } return $sql; } );'
				. "\$wpdb->query( 'START TRANSACTION' ); remove_user_from_blog( {$doctors['two']}, 2 ); echo count( \$ours ); \$wpdb->query( '$ends' );"
			);
			self::assertSame( '0', $written, 'inside the transaction' );
			self::assertCount( $left, $this->site->rows( 'SELECT * FROM net_2_kc_telemed_zoom_users' ), $ends );
		}
	}

	public function test_who_is_deleted_from_the_network_is_ended_at_the_provider(): void {
		$doctors = $this->doctors();
		$seed    = $this->site->provider_seed();
		$grant   = $this->site->sandbox( 'POST', '/grants', array( 'client_id' => $seed['client_id'], 'user' => 'doctor@example.test', 'expires_in' => 3600 ) );
		$this->step( 'sites', 'switch_to_blog( 2 ); $plugin = KiviCare\Telemed\Plugin::of_this_site(); $plugin->settings()->save_zoom( $plugin->bridge(), ' . var_export( array( 'auth_type' => 'oauth', 'client_id' => $seed['client_id'], 'client_secret' => $seed['client_secret'] ), true ) . ' ); $plugin->doctors()->connect( ' . $doctors['two'] . ', ' . var_export( (string) json_encode( $grant ), true ) . ' );' );
		$revoked = fn(): int => ( new ZoomSide( $this->site ) )->calls()['POST /oauth/revoke'] ?? 0;
		$before  = $revoked();
		$this->step( 'sites', 'require_once ABSPATH . "wp-admin/includes/ms.php"; wpmu_delete_user( ' . $doctors['two'] . ' );' );
		self::assertSame( $before + 1, $revoked() );
		self::assertSame( array(), $this->connected( 'net_2_' ) );
		self::assertSame( array(), $this->site->rows( 'SELECT ID FROM net_users WHERE ID = ?', array( $doctors['two'] ) ) );
	}

	/**
	 * A doctor on the first site, one on the second, and one on both who is connected with the first.
	 *
	 * @return array<string, int>
	 */
	private function doctors(): array {
		return json_decode(
			$this->step(
				'sites',
				'$made = array(); foreach ( array( "one" => array( 1 ), "two" => array( 2 ), "both" => array( 1, 2 ) ) as $name => $sites ) { $id = wp_insert_user( array( "user_login" => "net_$name", "user_pass" => wp_generate_password(), "user_email" => "net_$name@example.test" ) ); remove_user_from_blog( $id, 1 );
				foreach ( $sites as $site ) { add_user_to_blog( $site, $id, "kiviCare_doctor" ); } switch_to_blog( $sites[0] ); KiviCare\Telemed\Plugin::of_this_site()->doctors()->connect( $id, wp_json_encode( array( "access_token" => "a$name", "refresh_token" => "r", "expires_in" => 3600 ) ) ); $wpdb->query( "DELETE FROM {$wpdb->prefix}kc_telemed_connections" ); restore_current_blog(); $made[ $name ] = $id; } echo wp_json_encode( $made );'
			),
			true
		);
	}

	/**
	 * What the sweep does about connections.
	 */
	private function tend( string $prefix ): void {
		$this->step( 'sites', 'switch_to_blog( ' . ( 'net_' === $prefix ? 1 : 2 ) . ' ); KiviCare\Telemed\Plugin::of_this_site()->bridge()->tend( 0 );' );
	}

	/**
	 * @return list<string> Doctors whose connection the site knows.
	 */
	private function connected( string $prefix ): array {
		return array_map( 'strval', array_column( $this->site->rows( "SELECT doctor_id FROM {$prefix}kc_telemed_connections ORDER BY doctor_id" ), 'doctor_id' ) );
	}

	private function keeps_tokens( int $user_id ): bool {
		return array() !== $this->site->rows( "SELECT 1 FROM net_usermeta WHERE user_id = ? AND meta_key = 'kiviCare_doctor_zoom_telemed_config' AND meta_value <> ''", array( $user_id ) );
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
