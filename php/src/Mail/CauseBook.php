<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Mail;

/**
 * Which causes are open: an option for each, so that of two processes exactly one opens it.
 */
final class CauseBook {

	public const PREFIX = 'kivicare_telemed_cause_';

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Opens a cause.
	 *
	 * @return bool Whether it was not open before: then, and only then, somebody is to be told.
	 */
	public function open( string $reason, int $doctor_id, string $message ): bool {
		$value = (string) wp_json_encode( array( 'reason' => $reason, 'doctor_id' => $doctor_id, 'message' => $message, 'since' => time() ) );
		// phpcs:ignore WordPress.DB
		return 1 === $this->wpdb->query( $this->wpdb->prepare( "INSERT IGNORE INTO {$this->wpdb->options} (option_name, option_value, autoload) VALUES (%s, %s, 'no')", $this->name( $reason, $doctor_id ), $value ) );
	}

	/**
	 * Closes what was open for a doctor, and what was open for the whole clinic: it works again.
	 */
	public function close( int $doctor_id ): void {
		foreach ( $this->all() as $cause ) {
			if ( in_array( $cause['doctor_id'], array( 0, $doctor_id ), true ) ) {
				// phpcs:ignore WordPress.DB
				$this->wpdb->delete( $this->wpdb->options, array( 'option_name' => $this->name( $cause['reason'], $cause['doctor_id'] ) ) );
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
		// phpcs:ignore WordPress.DB
		$rows   = (array) $this->wpdb->get_col( $this->wpdb->prepare( "SELECT option_value FROM {$this->wpdb->options} WHERE option_name LIKE %s ORDER BY option_id", $this->wpdb->esc_like( self::PREFIX ) . '%' ) );
		$causes = array_map( static fn( $row ) => json_decode( (string) $row, true ), $rows );
		return array_values( array_filter( $causes, static fn( $cause ): bool => is_array( $cause ) && isset( $cause['reason'], $cause['doctor_id'], $cause['message'], $cause['since'] ) ) );
	}

	private function name( string $reason, int $doctor_id ): string {
		return self::PREFIX . $reason . '_' . $doctor_id;
	}
}
