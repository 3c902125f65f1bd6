<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Install\Schema;

/**
 * Keeps a create that the extension could not take, so that a later run finds it.
 *
 * Written on $wpdb: inside KiviCare's transaction the row lives and dies with the booking.
 */
final class JournalFallback {

	private const MESSAGE_LENGTH = 500;

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Writes a create operation, unless an unfinished one exists.
	 *
	 * @param array<string, mixed> $visit   What the extension was given.
	 * @param Failure              $failure Why it failed.
	 * @param string               $message Safe text.
	 * @return bool Whether the journal holds the operation now.
	 */
	public function keep( array $visit, Failure $failure, string $message ): bool {
		if ( $this->has_unfinished( (int) $visit['appointment_id'], (string) $visit['provider'] ) ) {
			return true;
		}
		$now = gmdate( 'Y-m-d H:i:s' );
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery
		$written = $this->wpdb->insert(
			$this->table(),
			array(
				'appointment_id' => $visit['appointment_id'],
				'doctor_id'      => $visit['doctor_id'],
				'provider'       => $visit['provider'],
				'kind'           => 'create',
				// What can never succeed must be seen, not repeated.
				'state'          => $failure->may_pass() ? 'pending' : 'failed',
				'marker'         => bin2hex( random_bytes( 16 ) ),
				'meeting_id'     => '',
				'request'        => $this->request( $visit ),
				'attempts'       => 0,
				'reason'         => $failure->value,
				'message'        => mb_substr( $message, 0, self::MESSAGE_LENGTH ),
				'resume_at'      => $now,
				'created_at'     => $now,
				'updated_at'     => $now,
			)
		);
		return 1 === $written;
	}

	/**
	 * A locking read: the extension commits on its own connection, which this transaction's snapshot does not show.
	 */
	private function has_unfinished( int $appointment_id, string $provider ): bool {
		// phpcs:ignore WordPress.DB
		$id = $this->wpdb->get_var( $this->wpdb->prepare( "SELECT id FROM {$this->table()} WHERE appointment_id = %d AND provider = %s AND kind = 'create' AND state IN ('in_flight', 'pending', 'parked') LIMIT 1 LOCK IN SHARE MODE", $appointment_id, $provider ) );
		return null !== $id;
	}

	/**
	 * The same fields as the extension writes; no patient data.
	 *
	 * @param array<string, mixed> $visit What the extension was given.
	 */
	private function request( array $visit ): string {
		return (string) wp_json_encode(
			array(
				'start'             => $visit['start'],
				'timezone'          => $visit['timezone'],
				'fallback_timezone' => $visit['fallback_timezone'],
				'duration'          => $visit['duration_minutes'],
			)
		);
	}

	private function table(): string {
		return $this->wpdb->prefix . Schema::OPERATIONS;
	}
}
