<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Mail;

/**
 * Which causes are open: an option for each, so that of two processes exactly one opens it. Written on the connection of
 * the moment: after the response that is our own.
 */
final class CauseBook {

	public const PREFIX = 'kivicare_telemed_cause_';

	/**
	 * Opens a cause.
	 *
	 * @return bool Whether it was not open before: then, and only then, somebody is to be told.
	 */
	public function open( string $reason, int $doctor_id, string $message ): bool {
		global $wpdb;
		$value = (string) wp_json_encode( array( 'reason' => $reason, 'doctor_id' => $doctor_id, 'message' => $message, 'since' => time() ) );
		// phpcs:ignore WordPress.DB
		return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, %s, 'no')", $this->name( $reason, $doctor_id ), $value ) );
	}

	/**
	 * Closes what was open for a doctor, and what was open for the whole clinic: it works again.
	 */
	public function close( int $doctor_id ): void {
		global $wpdb;
		foreach ( $this->all() as $cause ) {
			if ( in_array( $cause['doctor_id'], array( 0, $doctor_id ), true ) ) {
				// phpcs:ignore WordPress.DB
				$wpdb->delete( $wpdb->options, array( 'option_name' => $this->name( $cause['reason'], $cause['doctor_id'] ) ) );
			}
		}
	}

	public function is_open(): bool {
		return array() !== $this->all();
	}

	/**
	 * Open causes, oldest first.
	 *
	 * @return list<array{reason: string, doctor_id: int, message: string, since: int}>
	 */
	public function all(): array {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		$rows   = (array) $wpdb->get_col( $wpdb->prepare( "SELECT option_value FROM {$wpdb->options} WHERE option_name LIKE %s ORDER BY option_id", $wpdb->esc_like( self::PREFIX ) . '%' ) );
		$causes = array_map( static fn( $row ) => json_decode( (string) $row, true ), $rows );
		return array_values( array_filter( $causes, static fn( $cause ): bool => is_array( $cause ) && isset( $cause['reason'], $cause['doctor_id'], $cause['message'], $cause['since'] ) ) );
	}

	private function name( string $reason, int $doctor_id ): string {
		return self::PREFIX . $reason . '_' . $doctor_id;
	}
}
