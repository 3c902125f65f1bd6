<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Webhooks;

use KiviCare\Telemed\Install\Schema;

/**
 * Remembers which events came already: Zoom delivers some twice, and anybody who recorded one could send it again.
 */
final class EventLog {

	/**
	 * Longer than Zoom's last repetition (85 minutes) and the signature's window.
	 */
	private const KEEP_SECONDS = 86400;

	/**
	 * Notes an event.
	 *
	 * @param string $key The extension's key of the event, 64 hex digits.
	 * @return bool Whether it is new.
	 */
	public function note( string $key ): bool {
		global $wpdb;
		// A failing database must not make an event look old: doing it twice is harmless, losing it is not.
		// phpcs:ignore WordPress.DB
		return 0 !== $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO {$this->table()} (event_key, received_at) VALUES (%s, %s)", $key, gmdate( 'Y-m-d H:i:s' ) ) );
	}

	/**
	 * Drops what is too old to come again.
	 */
	public function purge(): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$this->table()} WHERE received_at < %s", gmdate( 'Y-m-d H:i:s', time() - self::KEEP_SECONDS ) ) );
	}

	private function table(): string {
		global $wpdb;
		return $wpdb->prefix . Schema::EVENTS;
	}
}
