<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Install;

use KiviCare\Telemed\Upgrade\MappingRows;

/**
 * The only place with table definitions.
 *
 * DDL commits an open transaction, so this runs at activation, in wp-admin and in WP-CLI, never in a booking.
 */
final class Schema {

	public const VERSION = 3;

	public const ZOOM_MAPPINGS = 'kc_appointment_zoom_mappings';
	public const MEET_MAPPINGS = 'kc_appointment_google_meet_mappings';
	public const OPERATIONS    = 'kc_telemed_operations';
	public const EVENTS        = 'kc_telemed_events';
	public const CALENDARS     = 'kc_telemed_calendars';

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Creates or updates the tables.
	 *
	 * @return bool Whether all of them exist with their unique keys afterwards.
	 */
	public function migrate(): bool {
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		$this->remove_duplicates( $this->wpdb->prefix . self::ZOOM_MAPPINGS, 'zoom_id' );
		$this->remove_duplicates( $this->wpdb->prefix . self::MEET_MAPPINGS, 'event_id' );
		dbDelta( $this->definitions() );
		return $this->is_complete();
	}

	/**
	 * Whether the tables and the keys that the code relies on exist.
	 */
	public function is_complete(): bool {
		return $this->has_unique_appointment( $this->wpdb->prefix . self::ZOOM_MAPPINGS )
			&& $this->has_unique_appointment( $this->wpdb->prefix . self::MEET_MAPPINGS )
			&& $this->exists( $this->wpdb->prefix . self::OPERATIONS )
			&& $this->exists( $this->wpdb->prefix . self::EVENTS )
			&& $this->exists( $this->wpdb->prefix . self::CALENDARS );
	}

	/**
	 * Drops journal, event log and calendars; the mapping tables belong to KiviCare's add-ons as well and stay.
	 */
	public function drop_own(): void {
		foreach ( array( self::OPERATIONS, self::EVENTS, self::CALENDARS ) as $table ) {
			// phpcs:ignore WordPress.DB
			$this->wpdb->query( 'DROP TABLE IF EXISTS `' . $this->wpdb->prefix . $table . '`' );
		}
	}

	/**
	 * One row per appointment, as the unique key wants it.
	 */
	private function remove_duplicates( string $table, string $id_column ): void {
		if ( $this->exists( $table ) && ! $this->has_unique_appointment( $table ) ) {
			MappingRows::merge_duplicates( $this->wpdb, $table, $id_column );
		}
	}

	private function exists( string $table ): bool {
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery
		$found = $this->wpdb->get_var( $this->wpdb->prepare( 'SHOW TABLES LIKE %s', $this->wpdb->esc_like( $table ) ) );
		return $table === $found;
	}

	private function has_unique_appointment( string $table ): bool {
		if ( ! $this->exists( $table ) ) {
			return false;
		}
		// phpcs:ignore WordPress.DB
		$keys = $this->wpdb->get_results( "SHOW INDEX FROM `{$table}`", ARRAY_A );
		foreach ( (array) $keys as $key ) {
			if ( 'appointment_id' === $key['Column_name'] && '0' === (string) $key['Non_unique'] ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Statements for dbDelta, which is picky: two blanks after PRIMARY KEY, one column or key a line.
	 *
	 * @return list<string>
	 */
	private function definitions(): array {
		return array( $this->zoom_mappings(), $this->meet_mappings(), $this->operations(), $this->events(), $this->calendars() );
	}

	private function zoom_mappings(): string {
		return $this->create(
			self::ZOOM_MAPPINGS,
			'id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			appointment_id bigint(20) unsigned NOT NULL,
			zoom_id varchar(64) NOT NULL DEFAULT \'\',
			zoom_uuid varchar(191) NOT NULL DEFAULT \'\',
			start_url text,
			join_url text,
			password varchar(191) DEFAULT NULL,
			extra longtext,
			created_at datetime DEFAULT NULL,
			updated_at datetime DEFAULT NULL,
			PRIMARY KEY  (id),
			UNIQUE KEY appointment_id (appointment_id),
			KEY zoom_id (zoom_id)'
		);
	}

	private function meet_mappings(): string {
		return $this->create(
			self::MEET_MAPPINGS,
			'id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			appointment_id bigint(20) unsigned NOT NULL,
			event_id varchar(191) NOT NULL DEFAULT \'\',
			url text,
			password varchar(191) DEFAULT NULL,
			event_url text,
			extra longtext,
			created_at datetime DEFAULT NULL,
			updated_at datetime DEFAULT NULL,
			PRIMARY KEY  (id),
			UNIQUE KEY appointment_id (appointment_id),
			KEY event_id (event_id)'
		);
	}

	private function operations(): string {
		return $this->create(
			self::OPERATIONS,
			'id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			appointment_id bigint(20) unsigned NOT NULL,
			doctor_id bigint(20) unsigned NOT NULL DEFAULT 0,
			provider varchar(20) NOT NULL,
			kind varchar(16) NOT NULL,
			state varchar(16) NOT NULL,
			marker char(32) NOT NULL,
			meeting_id varchar(191) NOT NULL DEFAULT \'\',
			request longtext NOT NULL,
			attempts int(10) unsigned NOT NULL DEFAULT 0,
			reason varchar(32) NOT NULL DEFAULT \'\',
			message varchar(500) NOT NULL DEFAULT \'\',
			lease_until datetime DEFAULT NULL,
			resume_at datetime DEFAULT NULL,
			created_at datetime NOT NULL,
			updated_at datetime NOT NULL,
			PRIMARY KEY  (id),
			KEY appointment_id (appointment_id),
			KEY state_resume (state,resume_at),
			KEY marker (marker)'
		);
	}

	private function events(): string {
		return $this->create(
			self::EVENTS,
			'event_key char(64) NOT NULL,
			received_at datetime NOT NULL,
			PRIMARY KEY  (event_key),
			KEY received_at (received_at)'
		);
	}

	private function calendars(): string {
		return $this->create(
			self::CALENDARS,
			'doctor_id bigint(20) unsigned NOT NULL,
			sync_token varchar(500) NOT NULL DEFAULT \'\',
			due_at bigint(20) NOT NULL DEFAULT 0,
			channel_id varchar(64) NOT NULL DEFAULT \'\',
			channel_hash char(64) NOT NULL DEFAULT \'\',
			resource_id varchar(191) NOT NULL DEFAULT \'\',
			channel_expires_at bigint(20) NOT NULL DEFAULT 0,
			failures int(10) unsigned NOT NULL DEFAULT 0,
			PRIMARY KEY  (doctor_id),
			KEY due_at (due_at),
			KEY channel_id (channel_id)'
		);
	}

	/**
	 * InnoDB is named because locks and commits across two connections depend on it.
	 */
	private function create( string $table, string $columns ): string {
		return "CREATE TABLE {$this->wpdb->prefix}{$table} (\n"
			. preg_replace( '/^\s+/m', '', $columns )
			. "\n) ENGINE=InnoDB {$this->wpdb->get_charset_collate()};";
	}
}
