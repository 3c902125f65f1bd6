<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Install;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Site\Pause;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Upgrade\MetaRows;

/**
 * Removes what only this plugin uses: tables, options, metas, scheduled actions. KiviCare's and the original add-ons'
 * tables, options and metas stay, and with them connections and settings.
 *
 * Their secrets are sealed for this site's id, so the id stays too, and with it what was confirmed about the site: a
 * later installation goes on where this one ended, and one in a copy is known as such.
 * Where the option REMOVE_ALL is "yes" the id goes, and with it the secrets that nobody could open any more.
 *
 * Runs without the extension and without any service of ours.
 */
final class Uninstaller {

	public const REMOVE_ALL = 'kivicare_telemed_remove_all';

	/**
	 * Start of every seal; see the vault's envelope.
	 */
	private const SEAL = 'kct1.';

	private const OURS = 'kivicare_telemed_';

	private const SECRETS = array(
		Settings::OPTION       => array( 'client_secret', 'webhook_secret' ),
		GoogleSettings::OPTION => array( 'client_secret' ),
	);

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly Schema $schema
	) {}

	/**
	 * Cleans every site, then what the sites share.
	 */
	public function run(): void {
		if ( ! is_multisite() ) {
			$this->clean_site();
		} else {
			foreach ( (array) get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
				switch_to_blog( (int) $site );
				$this->clean_site();
				restore_current_blog();
			}
		}
		$this->drop_metas();
	}

	/**
	 * Cleans the current site.
	 */
	public function clean_site(): void {
		$remove_all = 'yes' === get_option( self::REMOVE_ALL );
		$this->unschedule();
		$this->schema->drop_own();
		if ( $remove_all ) {
			$this->drop_sealed_options();
			$this->drop_sealed_metas();
			// A later installation would take this for a new site, and the original's meetings for its own.
			if ( Pause::is_on() ) {
				$this->forget_meetings();
			}
		}
		$this->drop_options( $remove_all ? array() : array( Installer::SITE_ID, Record::OPTION ) );
	}

	/**
	 * Our options and transients, and the extension's cached tokens, which are named like them.
	 *
	 * @param list<string> $keep Options that stay.
	 */
	private function drop_options( array $keep ): void {
		foreach ( array( '', '_transient_', '_transient_timeout_' ) as $kind ) {
			// phpcs:ignore WordPress.DB
			$names = (array) $this->wpdb->get_col( $this->wpdb->prepare( "SELECT option_name FROM {$this->wpdb->options} WHERE option_name LIKE %s", $this->wpdb->esc_like( $kind . self::OURS ) . '%' ) );
			array_map( 'delete_option', array_diff( $names, $keep ) );
		}
	}

	private function forget_meetings(): void {
		foreach ( array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS ) as $table ) {
			// phpcs:ignore WordPress.DB
			$this->wpdb->query( "DELETE FROM `{$this->wpdb->prefix}{$table}`" );
		}
	}

	/**
	 * Sealed fields of the settings; the other fields are the clinic's.
	 */
	private function drop_sealed_options(): void {
		foreach ( self::SECRETS as $option => $fields ) {
			$stored = get_option( $option );
			if ( ! is_array( $stored ) ) {
				continue;
			}
			foreach ( $fields as $field ) {
				if ( self::is_sealed( $stored[ $field ] ?? '' ) ) {
					$stored[ $field ] = '';
				}
			}
			update_option( $option, $stored );
		}
	}

	/**
	 * Sealed tokens of this site's members; who had them is not connected any more.
	 */
	private function drop_sealed_metas(): void {
		$rows = new MetaRows( $this->wpdb );
		foreach ( Provider::cases() as $provider ) {
			foreach ( $rows->of( $provider->tokens_key() ) as $row ) {
				if ( self::is_sealed( $row->value ) ) {
					delete_user_meta( $row->user_id, $provider->tokens_key() );
					update_user_meta( $row->user_id, $provider->connect_key(), 'off' );
				}
			}
		}
		foreach ( $rows->of( DoctorConnections::ZOOM_SHARED ) as $row ) {
			$app = json_decode( $row->value, true );
			if ( is_array( $app ) && self::is_sealed( $app['client_secret'] ?? '' ) ) {
				delete_user_meta( $row->user_id, DoctorConnections::ZOOM_SHARED );
			}
		}
	}

	/**
	 * Users' metas under our name. On a network users are shared, so this comes last.
	 */
	private function drop_metas(): void {
		// phpcs:ignore WordPress.DB
		$keys = (array) $this->wpdb->get_col( $this->wpdb->prepare( "SELECT DISTINCT meta_key FROM {$this->wpdb->usermeta} WHERE meta_key LIKE %s", $this->wpdb->esc_like( self::OURS ) . '%' ) );
		foreach ( $keys as $key ) {
			delete_metadata( 'user', 0, (string) $key, '', true );
		}
	}

	/**
	 * Recurring and waiting work, in WP-Cron and in Action Scheduler's table, whether that is loaded or not.
	 */
	private function unschedule(): void {
		foreach ( (array) _get_cron_array() as $events ) {
			foreach ( array_keys( (array) $events ) as $hook ) {
				str_starts_with( (string) $hook, self::OURS ) && wp_unschedule_hook( (string) $hook );
			}
		}
		$table = $this->wpdb->prefix . 'actionscheduler_actions';
		// phpcs:disable WordPress.DB
		if ( $table === $this->wpdb->get_var( $this->wpdb->prepare( 'SHOW TABLES LIKE %s', $this->wpdb->esc_like( $table ) ) ) ) {
			$this->wpdb->query( $this->wpdb->prepare( "DELETE FROM {$table} WHERE hook LIKE %s", $this->wpdb->esc_like( self::OURS ) . '%' ) );
		}
		// phpcs:enable
	}

	private static function is_sealed( mixed $value ): bool {
		return is_string( $value ) && str_starts_with( $value, self::SEAL );
	}
}
