<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Install;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Sites that come and go on a network where the plugin is active for all.
 */
final class Network implements Registerable {

	private const PLUGIN = 'kivicare-telemed/kivicare-telemed.php';

	public function __construct( private readonly Installer $installer ) {}

	public function register(): void {
		// After WordPress has made the site's tables.
		add_action( 'wp_initialize_site', array( $this, 'install' ), 100 );
		add_filter( 'wpmu_drop_tables', array( $this, 'tables' ) );
	}

	/**
	 * Installs on a new site.
	 */
	public function install( \WP_Site $site ): void {
		if ( ! isset( ( (array) get_site_option( 'active_sitewide_plugins', array() ) )[ self::PLUGIN ] ) ) {
			return;
		}
		switch_to_blog( (int) $site->blog_id );
		$this->installer->install();
		restore_current_blog();
	}

	/**
	 * Lets WordPress drop a deleted site's tables; it is the current one then.
	 *
	 * @param mixed $tables Table names.
	 * @return list<string>
	 */
	public function tables( $tables ): array {
		global $wpdb;
		$ours = array_map( static fn( string $table ): string => $wpdb->prefix . $table, array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS, Schema::OPERATIONS, Schema::EVENTS, Schema::CALENDARS, Schema::NOTED, Schema::CONNECTIONS, Schema::AUDIT, Schema::ZOOM_USERS ) );
		return array_values( array_unique( array( ...( is_array( $tables ) ? array_values( $tables ) : array() ), ...$ours ) ) );
	}
}
