<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

/**
 * Credentials in wp-config.php that came along with a copy. They cannot be dropped there, so they are told by their
 * digest and do not count until they are replaced, or an administrator confirms the site again.
 */
final class HeldConstants {

	private const PREFIX = 'KIVICARE_TELEMED_';

	private const NAMES = array( 'ZOOM_AUTH_TYPE', 'ZOOM_ACCOUNT_ID', 'ZOOM_CLIENT_ID', 'ZOOM_CLIENT_SECRET', 'ZOOM_WEBHOOK_SECRET', 'GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET' );

	/**
	 * Whether this constant does not count now.
	 *
	 * @param string $name Without our prefix.
	 */
	public static function holds( string $name ): bool {
		return in_array( $name, self::NAMES, true ) && self::are_held();
	}

	/**
	 * Whether wp-config.php still has the other site's credentials.
	 */
	public static function are_held(): bool {
		$held = Record::stored()->held ?? '';
		return '' !== $held && hash_equals( $held, self::digest() );
	}

	/**
	 * Digest of the credentials in wp-config.php, empty without any. They are random and long, so nobody guesses them from
	 * it.
	 */
	public static function digest(): string {
		$values = array();
		foreach ( self::NAMES as $name ) {
			$value = defined( self::PREFIX . $name ) ? constant( self::PREFIX . $name ) : null;
			if ( is_scalar( $value ) && '' !== (string) $value ) {
				$values[ $name ] = (string) $value;
			}
		}
		return array() === $values ? '' : hash( 'sha256', (string) wp_json_encode( $values ) );
	}
}
