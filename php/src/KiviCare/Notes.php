<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Install\Schema;

/**
 * Notes an appointment where the extension cannot, for its own connection to the database fails: after the response and
 * on our connection, never on $wpdb. The same row as the extension writes.
 */
final class Notes {

	/**
	 * Seconds after which a note counts, as in the extension.
	 */
	private const GRACE = 60;

	/**
	 * Notes that a meeting may not be as the visit's row says.
	 *
	 * @return int The number that settles it; 0 when it cannot be written, and the sweep has to find it.
	 */
	public function write( int $appointment_id ): int {
		return $this->add( $appointment_id, 0 );
	}

	/**
	 * Notes that the provider's own answer has to be looked at, too.
	 *
	 * @return int As write().
	 */
	public function write_to_verify( int $appointment_id ): int {
		return $this->add( $appointment_id, 1 );
	}

	private function add( int $appointment_id, int $verify ): int {
		try {
			$own = CommittedDatabase::shared();
		} catch ( BridgeException ) {
			return 0;
		}
		$table = $own->prefix . Schema::NOTED;
		$quiet = $own->suppress_errors();
		// phpcs:disable WordPress.DB
		$own->query(
			$own->prepare(
				"INSERT INTO {$table} (appointment_id, verify, noted, due_at) VALUES (%d, %d, 1, %d)
				ON DUPLICATE KEY UPDATE verify = GREATEST(verify, VALUES(verify)), noted = noted + 1, due_at = LEAST(due_at, VALUES(due_at))",
				$appointment_id,
				$verify,
				time() + self::GRACE
			)
		);
		$noted = '' === $own->last_error ? (int) $own->get_var( $own->prepare( "SELECT noted FROM {$table} WHERE appointment_id = %d", $appointment_id ) ) : 0;
		// phpcs:enable
		$own->suppress_errors( $quiet );
		return $noted;
	}
}
