<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Install;

use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Tables and options, on a table prefix of the test's own.
 */
final class InstallerTest extends TestCase {

	private \wpdb $db;
	private string $prefix;
	private Schema $schema;
	private string $site_id;

	protected function setUp(): void {
		parent::setUp();
		$this->db         = $GLOBALS['wpdb'];
		$this->prefix     = $this->db->prefix;
		$this->db->prefix = 'kcttest_';
		$this->schema     = new Schema( $this->db );
		$this->site_id    = (string) get_option( Installer::SITE_ID );
		$this->drop();
	}

	protected function tearDown(): void {
		$this->drop();
		$this->db->prefix = $this->prefix;
		update_option( Installer::SITE_ID, $this->site_id, true );
		update_option( Installer::SCHEMA_VERSION, Schema::VERSION, true );
		parent::tearDown();
	}

	public function test_migrate_creates_all_tables_and_is_idempotent(): void {
		$this->assertFalse( $this->schema->is_complete() );
		$this->assertTrue( $this->schema->migrate() );
		$before = $this->definitions();
		$this->assertTrue( $this->schema->migrate() );

		$this->assertSame( $before, $this->definitions() );
		$this->assertSame( '', $this->db->last_error );
		$this->assertStringContainsString( 'UNIQUE KEY `appointment_id`', $before[0] );
		$this->assertStringContainsString( 'UNIQUE KEY `appointment_id`', $before[1] );
		$this->assertStringContainsString( 'KEY `state_resume` (`state`,`resume_at`)', $before[2] );
		$this->assertStringContainsString( 'ENGINE=InnoDB', $before[2] );
	}

	public function test_old_duplicates_leave_the_newest_row(): void {
		$table = $this->db->prefix . Schema::ZOOM_MAPPINGS;
		$this->db->query( "CREATE TABLE {$table} (id bigint(20) unsigned NOT NULL AUTO_INCREMENT, appointment_id bigint(20) unsigned NOT NULL, zoom_id varchar(64) NOT NULL DEFAULT '', PRIMARY KEY (id)) ENGINE=InnoDB" );
		$this->db->query( "INSERT INTO {$table} (appointment_id, zoom_id) VALUES (1,'old'),(2,'only'),(1,'middle'),(1,'newest')" );

		$this->assertTrue( $this->schema->migrate() );
		$this->assertSame( array( 'only', 'newest' ), $this->db->get_col( "SELECT zoom_id FROM {$table} ORDER BY id" ) );
	}

	public function test_second_install_keeps_the_site_id(): void {
		delete_option( Installer::SITE_ID );
		$installer = new Installer( $this->schema );
		$installer->upgrade();
		$first = get_option( Installer::SITE_ID );
		$this->assertMatchesRegularExpression( '/^[0-9a-f]{32}$/', $first );

		$installer->install();
		$this->assertSame( $first, get_option( Installer::SITE_ID ) );
		$this->assertSame( Schema::VERSION, (int) get_option( Installer::SCHEMA_VERSION ) );
	}

	public function test_upgrade_runs_only_for_an_older_schema(): void {
		$installer = new Installer( $this->schema );
		$installer->upgrade();
		$this->assertFalse( $this->schema->is_complete(), 'the stored version is current' );

		update_option( Installer::SCHEMA_VERSION, 0 );
		$installer->upgrade();
		$this->assertTrue( $this->schema->is_complete() );
	}

	/**
	 * @return list<string>
	 */
	private function definitions(): array {
		return array_map(
			fn( string $table ) => $this->db->get_row( "SHOW CREATE TABLE {$this->db->prefix}{$table}", ARRAY_N )[1],
			array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS, Schema::OPERATIONS )
		);
	}

	private function drop(): void {
		foreach ( $this->db->get_col( "SHOW TABLES LIKE 'kcttest\\_%'" ) as $table ) {
			$this->db->query( "DROP TABLE {$table}" );
		}
	}
}
