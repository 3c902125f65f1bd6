<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Install;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Upgrade\Report;

/**
 * Brings a site to the current schema: at activation, and after an update in wp-admin or WP-CLI.
 */
final class Installer implements Registerable {

	public const SITE_ID        = 'kivicare_telemed_site_id';
	public const SCHEMA_VERSION = 'kivicare_telemed_schema';

	/**
	 * Set once everything of older add-ons is taken over.
	 */
	public const TAKEN_OVER = 'kivicare_telemed_taken_over';

	/**
	 * Takes over what older add-ons stored.
	 *
	 * @var \Closure(): Report
	 */
	private readonly \Closure $take_over;

	/**
	 * Parts.
	 *
	 * @param Schema                   $schema    Tables.
	 * @param \Closure(): Report|null $take_over Takes over what older add-ons stored; null where nothing shall be.
	 */
	public function __construct( private readonly Schema $schema, ?\Closure $take_over = null ) {
		$this->take_over = $take_over ?? static fn(): Report => new Report( array() );
	}

	/**
	 * Activation hook; runs before any service exists.
	 *
	 * @param bool $network_wide Whether a network activates the plugin for all its sites.
	 */
	public static function on_activation( bool $network_wide = false ): void {
		global $wpdb;
		$installer = new self( new Schema( $wpdb ), static fn(): Report => Plugin::of_this_site()->upgrade()->run() );
		if ( ! is_multisite() || ! $network_wide ) {
			$installer->activate();
			return;
		}
		foreach ( (array) get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
			switch_to_blog( (int) $site );
			$installer->activate();
			restore_current_blog();
		}
	}

	public function register(): void {
		// Both run outside of KiviCare's booking transaction, which DDL would commit.
		add_action( 'admin_init', array( $this, 'upgrade' ) );
		add_action( 'cli_init', array( $this, 'upgrade' ) );
	}

	/**
	 * Installs when the stored schema is older than ours.
	 */
	public function upgrade(): void {
		if ( Schema::VERSION > (int) get_option( self::SCHEMA_VERSION, 0 ) || '' === (string) get_option( self::SITE_ID, '' ) ) {
			$this->install();
		}
		Identity::establish();
		// The command line may not have the web server's environment, and is in production where nothing is said.
		'cli' === PHP_SAPI || Identity::note_production( Facts::now() );
		$this->take_over();
	}

	/**
	 * Takes over older data until nothing is left of it: without a key or the extension some of it must wait.
	 */
	private function take_over(): void {
		if ( '' === (string) get_option( self::TAKEN_OVER, '' ) && 0 === ( $this->take_over )()->failures() ) {
			update_option( self::TAKEN_OVER, Plugin::VERSION, true );
		}
	}

	/**
	 * Creates the tables and the site id. The version is stored only when the tables are complete.
	 */
	public function install(): void {
		// The id binds every sealed secret to this site: never overwrite it.
		if ( '' === (string) get_option( self::SITE_ID, '' ) ) {
			update_option( self::SITE_ID, bin2hex( random_bytes( 16 ) ), true );
		}
		Identity::establish();
		if ( $this->schema->migrate() ) {
			update_option( self::SCHEMA_VERSION, Schema::VERSION, true );
		}
	}

	/**
	 * What activation does on one site.
	 */
	private function activate(): void {
		$this->install();
		// A site may have gone back to an older add-on for a while.
		delete_option( self::TAKEN_OVER );
		$this->take_over();
	}
}
