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

	public const VERSION = 5;

	public const ZOOM_MAPPINGS = 'kc_appointment_zoom_mappings';
	public const MEET_MAPPINGS = 'kc_appointment_google_meet_mappings';
	public const OPERATIONS    = 'kc_telemed_operations';
	public const EVENTS        = 'kc_telemed_events';
	public const CALENDARS     = 'kc_telemed_calendars';
	public const NOTED         = 'kc_telemed_noted';
	public const CONNECTIONS   = 'kc_telemed_connections';
	public const AUDIT         = 'kc_telemed_audit';
	public const ZOOM_USERS    = 'kc_telemed_zoom_users';

	/**
	 * Tables that only this plugin uses.
	 */
	private const OWN = array( self::OPERATIONS, self::EVENTS, self::CALENDARS, self::NOTED, self::CONNECTIONS, self::AUDIT, self::ZOOM_USERS );

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
		$this->date_mappings();
		return $this->is_complete();
	}

	/**
	 * Whether the tables and the keys that the code relies on exist.
	 */
	public function is_complete(): bool {
		return $this->has_unique_appointment( $this->wpdb->prefix . self::ZOOM_MAPPINGS )
			&& $this->has_unique_appointment( $this->wpdb->prefix . self::MEET_MAPPINGS )
			&& array() === array_filter( self::OWN, fn( string $table ): bool => ! $this->exists( $this->wpdb->prefix . $table ) );
	}

	/**
	 * Drops our own tables; the mapping tables belong to KiviCare's add-ons as well and stay.
	 */
	public function drop_own(): void {
		foreach ( self::OWN as $table ) {
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

	/**
	 * Rows written before the column existed, by us or by an older add-on, learn when their visit ends; where there is no
	 * visit any more they count as ahead, so that the sweep looks at them once.
	 */
	private function date_mappings(): void {
		$prefix = $this->wpdb->prefix;
		$visits = $prefix . 'kc_appointments';
		$end    = $this->exists( $visits ) ? "(SELECT TIMESTAMP(a.appointment_end_date, '23:59:59') FROM {$visits} a WHERE a.id = m.appointment_id)" : 'NULL';
		foreach ( array( self::ZOOM_MAPPINGS, self::MEET_MAPPINGS ) as $table ) {
			// phpcs:ignore WordPress.DB
			$this->wpdb->query( "UPDATE {$prefix}{$table} m SET m.ends_at = COALESCE({$end}, '2100-01-01 00:00:00') WHERE m.ends_at IS NULL" );
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
		return array(
			$this->zoom_mappings(),
			$this->meet_mappings(),
			$this->operations(),
			$this->events(),
			$this->calendars(),
			$this->noted(),
			$this->connections(),
			$this->audit(),
			$this->zoom_users(),
		);
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
			ends_at datetime DEFAULT NULL,
			link_owed bigint(20) NOT NULL DEFAULT 0,
			created_at datetime DEFAULT NULL,
			updated_at datetime DEFAULT NULL,
			PRIMARY KEY  (id),
			UNIQUE KEY appointment_id (appointment_id),
			KEY zoom_id (zoom_id),
			KEY ends_at (ends_at)'
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
			ends_at datetime DEFAULT NULL,
			link_owed bigint(20) NOT NULL DEFAULT 0,
			created_at datetime DEFAULT NULL,
			updated_at datetime DEFAULT NULL,
			PRIMARY KEY  (id),
			UNIQUE KEY appointment_id (appointment_id),
			KEY event_id (event_id),
			KEY ends_at (ends_at)'
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
			latency_ms int(10) unsigned NOT NULL DEFAULT 0,
			lease_until datetime DEFAULT NULL,
			resume_at datetime DEFAULT NULL,
			created_at datetime NOT NULL,
			updated_at datetime NOT NULL,
			PRIMARY KEY  (id),
			KEY appointment_id (appointment_id),
			KEY state_resume (state,resume_at),
			KEY doctor_id (doctor_id),
			KEY updated_at (updated_at),
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
			page_token varchar(2000) NOT NULL DEFAULT \'\',
			listed longtext,
			PRIMARY KEY  (doctor_id),
			KEY due_at (due_at),
			KEY channel_id (channel_id)'
		);
	}

	/**
	 * Appointments that somebody told of and nobody has looked at yet.
	 */
	private function noted(): string {
		return $this->create(
			self::NOTED,
			'appointment_id bigint(20) unsigned NOT NULL,
			verify tinyint(1) NOT NULL DEFAULT 0,
			noted bigint(20) unsigned NOT NULL DEFAULT 1,
			due_at bigint(20) NOT NULL DEFAULT 0,
			PRIMARY KEY  (appointment_id),
			KEY due_at (due_at)'
		);
	}

	/**
	 * How doctors' own connections are: state is healthy, expiring, reconnect or revoked. Times are Unix seconds.
	 */
	private function connections(): string {
		return $this->create(
			self::CONNECTIONS,
			'doctor_id bigint(20) unsigned NOT NULL,
			provider varchar(20) NOT NULL,
			state varchar(16) NOT NULL,
			reason varchar(32) NOT NULL DEFAULT \'\',
			message varchar(500) NOT NULL DEFAULT \'\',
			refreshed_at bigint(20) NOT NULL DEFAULT 0,
			due_at bigint(20) NOT NULL DEFAULT 0,
			failures int(10) unsigned NOT NULL DEFAULT 0,
			updated_at bigint(20) NOT NULL DEFAULT 0,
			PRIMARY KEY  (doctor_id,provider),
			KEY due_at (due_at)'
		);
	}

	/**
	 * Which user of the clinic's Zoom account a doctor is, as an administrator approved it. Times are Unix seconds.
	 */
	private function zoom_users(): string {
		return $this->create(
			self::ZOOM_USERS,
			'doctor_id bigint(20) unsigned NOT NULL,
			zoom_user_id varchar(64) NOT NULL DEFAULT \'\',
			address varchar(191) NOT NULL DEFAULT \'\',
			account_id varchar(64) NOT NULL DEFAULT \'\',
			reason varchar(32) NOT NULL DEFAULT \'\',
			approved_by bigint(20) unsigned NOT NULL DEFAULT 0,
			approved_at bigint(20) NOT NULL DEFAULT 0,
			asked_at bigint(20) NOT NULL DEFAULT 0,
			PRIMARY KEY  (doctor_id),
			KEY zoom_user_id (zoom_user_id)'
		);
	}

	/**
	 * Who did what, without tokens and health data. Rows are only added, or counted up where they are alike (bucket), and
	 * dropped when they are old.
	 */
	private function audit(): string {
		return $this->create(
			self::AUDIT,
			'id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			at datetime NOT NULL,
			actor_id bigint(20) unsigned NOT NULL DEFAULT 0,
			source varchar(16) NOT NULL DEFAULT \'\',
			action varchar(40) NOT NULL,
			appointment_id bigint(20) unsigned NOT NULL DEFAULT 0,
			doctor_id bigint(20) unsigned NOT NULL DEFAULT 0,
			provider varchar(20) NOT NULL DEFAULT \'\',
			detail varchar(500) NOT NULL DEFAULT \'\',
			bucket varchar(64) DEFAULT NULL,
			times int(10) unsigned NOT NULL DEFAULT 1,
			last_at datetime DEFAULT NULL,
			PRIMARY KEY  (id),
			UNIQUE KEY bucket (bucket),
			KEY at (at),
			KEY actor_id (actor_id),
			KEY doctor_id (doctor_id)'
		);
	}

	/**
	 * InnoDB is named because locks and commits across two connections depend on it.
	 */
	private function create( string $table, string $columns ): string {
		return "CREATE TABLE {$this->wpdb->prefix}{$table} (\n"
			. (string) preg_replace( '/^\s+/m', '', $columns )
			. "\n) ENGINE=InnoDB {$this->wpdb->get_charset_collate()};";
	}
}
