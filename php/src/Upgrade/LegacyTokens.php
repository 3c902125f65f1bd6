<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * A provider's tokens as earlier add-ons kept them: the token answer itself, or inside another object.
 */
final class LegacyTokens {

	/**
	 * Fields that held the token answer in some versions.
	 */
	private const WRAPPERS = array( 'data', 'token' );

	/**
	 * No provider's access token lives longer; a later expiry is not one we understand.
	 */
	private const LONGEST_LIFE = DAY_IN_SECONDS;

	/**
	 * Tokens as the JSON that is sealed, in the fields of Config\TokenJson.
	 *
	 * @param string $raw Text of the meta row.
	 * @return string|null Null when there is no refresh token: no access could ever be got with them again.
	 */
	public static function json( #[\SensitiveParameter] string $raw ): ?string {
		$fields = self::unwrapped( $raw );
		$type   = Legacy::text( $fields, 'token_type' );
		$tokens = array(
			'access_token'  => Legacy::text( $fields, 'access_token' ),
			'refresh_token' => Legacy::text( $fields, 'refresh_token' ),
			'expires_at'    => self::expires_at( $fields ),
			'scope'         => Legacy::text( $fields, 'scope' ),
			'token_type'    => '' !== $type ? $type : 'bearer',
		);
		return '' === $tokens['refresh_token'] ? null : (string) wp_json_encode( $tokens );
	}

	/**
	 * The token answer's fields.
	 *
	 * @return array<array-key, mixed>
	 */
	private static function unwrapped( #[\SensitiveParameter] string $raw ): array {
		$fields = Legacy::fields( $raw ) ?? array();
		foreach ( self::WRAPPERS as $wrapper ) {
			if ( ! isset( $fields['refresh_token'] ) && isset( $fields[ $wrapper ] ) ) {
				$fields = Legacy::fields( $fields[ $wrapper ] ) ?? $fields;
			}
		}
		return $fields;
	}

	/**
	 * Unix time of expiry, 0 for unknown: then the first use refreshes. Dates in words count as unknown, because their
	 * zone is.
	 *
	 * @param array<array-key, mixed> $fields The token answer.
	 */
	private static function expires_at( #[\SensitiveParameter] array $fields ): int {
		$expiry   = self::number( $fields, 'expires_at' );
		$lifetime = self::number( $fields, 'expires_in' );
		foreach ( array( 'created', 'created_at', 'updated', 'updated_at' ) as $field ) {
			$since = self::number( $fields, $field );
			if ( 0 === $expiry && $lifetime > 0 && $since > 0 ) {
				$expiry = $since + $lifetime;
			}
		}
		return $expiry > time() + self::LONGEST_LIFE ? 0 : $expiry;
	}

	/**
	 * A field that is a whole number, 0 for none.
	 *
	 * @param array<array-key, mixed> $fields The token answer.
	 */
	private static function number( #[\SensitiveParameter] array $fields, string $name ): int {
		$value = $fields[ $name ] ?? 0;
		return is_numeric( $value ) ? max( 0, (int) $value ) : 0;
	}
}
