<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Site\HeldConstants;

/**
 * Reads our wp-config.php constants.
 */
final class Constants {

	private const PREFIX = 'KIVICARE_TELEMED_';

	/**
	 * Value of KIVICARE_TELEMED_<name>, or null when it is undefined or empty, or came along with a copy.
	 */
	public function text( string $name ): ?string {
		$value = defined( self::PREFIX . $name ) && ! HeldConstants::holds( $name ) ? constant( self::PREFIX . $name ) : null;
		return is_scalar( $value ) && '' !== (string) $value ? (string) $value : null;
	}

	public function flag( string $name ): bool {
		return defined( self::PREFIX . $name ) && true === (bool) constant( self::PREFIX . $name );
	}

	/**
	 * A comma separated constant.
	 *
	 * @return list<string>
	 */
	public function list( string $name ): array {
		return array_values( array_filter( array_map( 'trim', explode( ',', $this->text( $name ) ?? '' ) ) ) );
	}
}
