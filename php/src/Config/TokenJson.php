<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * A provider's token answer in the form that is sealed.
 */
final class TokenJson {

	/**
	 * Token JSON in the stored form. The input is never quoted in a message.
	 *
	 * @throws \InvalidArgumentException When it is no token set.
	 */
	public static function normalise( #[\SensitiveParameter] string $tokens_json ): string {
		$given = json_decode( $tokens_json, true );
		foreach ( array( 'access_token', 'refresh_token' ) as $field ) {
			if ( ! is_array( $given ) || ! is_string( $given[ $field ] ?? null ) || '' === $given[ $field ] ) {
				throw new \InvalidArgumentException( "the token JSON must have the text field {$field}" );
			}
		}
		$lifetime = (int) ( $given['expires_in'] ?? 0 );
		return (string) wp_json_encode(
			array(
				'access_token'  => $given['access_token'],
				'refresh_token' => $given['refresh_token'],
				'expires_at'    => (int) ( $given['expires_at'] ?? ( $lifetime > 0 ? time() + $lifetime : 0 ) ),
				'scope'         => (string) ( $given['scope'] ?? '' ),
				'token_type'    => (string) ( $given['token_type'] ?? 'bearer' ),
			)
		);
	}
}
