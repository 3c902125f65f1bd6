<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

/**
 * Consents on their way: the extension's seals, kept with the user until the browser returns, each good for once.
 */
final class PendingConsents {

	private const META = 'kivicare_telemed_consent';

	private const LIFETIME = 600;

	/**
	 * KiviCare's dashboard asks for a new address on every retry; the oldest make room.
	 */
	private const MOST = 5;

	/**
	 * Keeps a seal.
	 *
	 * @param int    $user_id User who consents.
	 * @param string $key     Hash of the state.
	 * @param string $sealed  The extension's seal.
	 */
	public function keep( int $user_id, string $key, string $sealed ): void {
		$kept = $this->of( $user_id );
		while ( count( $kept ) >= self::MOST ) {
			delete_user_meta( $user_id, self::META, wp_slash( (string) array_shift( $kept ) ) );
		}
		add_user_meta( $user_id, self::META, wp_slash( $key . ' ' . ( time() + self::LIFETIME ) . ' ' . $sealed ) );
	}

	/**
	 * Takes a seal out. Of two requests with the same state one gets it: deleting the row decides.
	 *
	 * @return string|null Null when it is unknown, spent, or too old.
	 */
	public function take( int $user_id, string $key ): ?string {
		foreach ( $this->of( $user_id ) as $entry ) {
			list( $kept, $expires, $sealed ) = explode( ' ', $entry, 3 );
			if ( hash_equals( $kept, $key ) ) {
				return delete_user_meta( $user_id, self::META, wp_slash( $entry ) ) && (int) $expires >= time() ? $sealed : null;
			}
		}
		return null;
	}

	/**
	 * Drops everything, for a user who disconnects.
	 */
	public function clear( int $user_id ): void {
		delete_user_meta( $user_id, self::META );
	}

	/**
	 * Well-formed entries, oldest first; expired ones are deleted on the way.
	 *
	 * @return list<string>
	 */
	private function of( int $user_id ): array {
		$kept = array();
		foreach ( (array) get_user_meta( $user_id, self::META ) as $entry ) {
			$parts = is_string( $entry ) ? explode( ' ', $entry, 3 ) : array();
			if ( 3 === count( $parts ) && (int) $parts[1] >= time() ) {
				$kept[] = $entry;
			} elseif ( is_string( $entry ) ) {
				delete_user_meta( $user_id, self::META, wp_slash( $entry ) );
			}
		}
		return $kept;
	}
}
