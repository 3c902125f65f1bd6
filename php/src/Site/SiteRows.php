<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Connect\Retirement;
use KiviCare\Telemed\Connect\ZoomUserBook;
use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\Visits;
use KiviCare\Telemed\Mail\CauseBook;
use KiviCare\Telemed\Upgrade\MetaRows;

/**
 * The rows that a decision about the site concerns. Nobody is asked for anything and no hook of ours is told: what goes
 * here goes without a word to a provider.
 */
final class SiteRows {

	/**
	 * A doctor's metas that say who serves the doctor, besides those under our own name.
	 */
	private const METAS = array(
		DoctorConnections::ZOOM_TOKENS,
		DoctorConnections::ZOOM_SHARED,
		DoctorConnections::MEET_TOKENS,
		DoctorConnections::PROVIDER,
	);

	private const OURS = 'kivicare_telemed_';

	/**
	 * Visits that began without a link while it was owed, oldest first.
	 *
	 * @return list<array{id: int, starts: int}>
	 */
	public function missed(): array {
		global $wpdb;
		$prefix = $wpdb->prefix;
		// phpcs:ignore WordPress.DB
		$rows   = (array) $wpdb->get_results( "SELECT DISTINCT a.* FROM {$prefix}kc_appointments a JOIN {$prefix}" . Schema::OPERATIONS . " o ON o.appointment_id = a.id AND o.kind = 'create' AND o.state IN ('in_flight', 'pending', 'parked') WHERE a.status IN (1, 4) AND a.appointment_start_date <= DATE_ADD(UTC_DATE(), INTERVAL 1 DAY) ORDER BY a.id", ARRAY_A );
		$missed = array();
		foreach ( $rows as $row ) {
			$visit  = Appointments::of( $row, true );
			$starts = $visit->starts_at( Visits::doctor_timezone( $visit->doctor_id ) )->getTimestamp();
			if ( $starts <= time() ) {
				$missed[] = array( 'id' => $visit->id, 'starts' => $starts );
			}
		}
		return $missed;
	}

	/**
	 * What waited for the decision is due: notes, and bookings without a meeting.
	 */
	public function release(): void {
		global $wpdb;
		$prefix = $wpdb->prefix;
		// phpcs:disable WordPress.DB
		$wpdb->query( "UPDATE {$prefix}" . Schema::NOTED . ' SET due_at = 0' );
		$wpdb->query( "UPDATE {$prefix}" . Schema::OPERATIONS . " SET resume_at = UTC_TIMESTAMP() WHERE reason = 'site_paused' AND state IN ('pending', 'parked')" );
		// phpcs:enable
		// A change of provider has a day to move meetings over, and could not use it.
		foreach ( ( new MetaRows( $wpdb ) )->of( Retirement::META ) as $row ) {
			update_user_meta( $row->user_id, Retirement::META, explode( ' ', $row->value )[0] . ' ' . time() );
		}
	}

	/**
	 * Google's push channels lead to the former address: the next look opens new ones and stops these.
	 */
	public function renew_channels(): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		$wpdb->query( "UPDATE {$wpdb->prefix}" . Schema::CALENDARS . ' SET channel_expires_at = 0, due_at = 0' );
	}

	/**
	 * Another site's meetings, work, channels and connections: forgotten here.
	 */
	public function forget_work(): void {
		global $wpdb;
		$prefix = $wpdb->prefix;
		// phpcs:disable WordPress.DB
		foreach ( array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS, Schema::CALENDARS, Schema::CONNECTIONS, Schema::NOTED ) as $table ) {
			$wpdb->query( "DELETE FROM {$prefix}{$table}" );
		}
		( new ZoomUserBook() )->expire();
		$wpdb->query( "DELETE FROM {$prefix}" . Schema::OPERATIONS . " WHERE state IN ('in_flight', 'pending', 'parked')" );
		// The extension's cached tokens are options that WordPress may never have heard of.
		foreach ( array( 'kivicare_telemed_zoom_token_', CauseBook::PREFIX ) as $start ) {
			$names = (array) $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $wpdb->esc_like( $start ) . '%' ) );
			array_map( 'delete_option', $names );
		}
		// phpcs:enable
	}

	/**
	 * Doctors' connections of this site's members.
	 *
	 * @return int Doctors who had tokens or an app of their own.
	 */
	public function forget_doctors(): int {
		global $wpdb;
		$rows    = new MetaRows( $wpdb );
		$doctors = array();
		foreach ( array( ...self::METAS, ...$this->own_metas() ) as $key ) {
			foreach ( $rows->of( $key ) as $row ) {
				if ( self::holds_secret( $key, $row->value ) ) {
					$doctors[ $row->user_id ] = true;
				}
				$rows->delete( $row );
			}
		}
		foreach ( Provider::cases() as $provider ) {
			foreach ( $rows->of( $provider->connect_key() ) as $row ) {
				'off' === $row->value || $rows->replace( $row, 'off' );
			}
		}
		return count( $doctors );
	}

	/**
	 * Whether another site of this network has the id: the copy was made within the network, and its users are shared.
	 */
	public function is_shared( string $site_id ): bool {
		if ( ! is_multisite() ) {
			return false;
		}
		foreach ( (array) get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $id ) {
			if ( get_current_blog_id() !== (int) $id && get_blog_option( (int) $id, Installer::SITE_ID ) === $site_id ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether the meta is a connection, and not only says that the clinic's account serves the doctor.
	 */
	private static function holds_secret( string $key, string $value ): bool {
		return in_array( $key, array( DoctorConnections::ZOOM_TOKENS, DoctorConnections::MEET_TOKENS ), true ) || ( DoctorConnections::ZOOM_SHARED === $key && str_contains( $value, '"client_secret"' ) );
	}

	/**
	 * Keys of users' metas under our own name.
	 *
	 * @return list<string>
	 */
	private function own_metas(): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return array_values( array_map( 'strval', (array) $wpdb->get_col( $wpdb->prepare( "SELECT DISTINCT meta_key FROM {$wpdb->usermeta} WHERE meta_key LIKE %s", $wpdb->esc_like( self::OURS ) . '%' ) ) ) );
	}
}
