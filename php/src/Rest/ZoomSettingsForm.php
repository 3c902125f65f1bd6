<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Config\AuthType;

/**
 * Reads the settings form in its present and its older shapes.
 */
final class ZoomSettingsForm {

	/**
	 * Our field => names under which forms have sent it.
	 */
	private const FIELDS = array(
		'client_id'      => array( 'client_id', 'clientId' ),
		'client_secret'  => array( 'client_secret', 'clientSecret' ),
		'account_id'     => array( 'account_id', 'accountId' ),
		'webhook_secret' => array( 'webhook_secret' ),
		'personal_links' => array( 'personal_links' ),
		'doctors'        => array( 'doctors' ),
	);

	/**
	 * Fields that were sent. A text that is no text counts as not sent.
	 *
	 * @return array<string, string>
	 */
	public static function changes( \WP_REST_Request $request ): array {
		$nested  = $request->get_param( 'data' );
		$read    = static fn( string $name ) => $request->get_param( $name ) ?? ( is_array( $nested ) ? $nested[ $name ] ?? null : null );
		$changes = array( 'auth_type' => self::auth_type( $read ) );
		foreach ( self::FIELDS as $field => $names ) {
			foreach ( $names as $name ) {
				$value = $read( $name );
				if ( is_scalar( $value ) ) {
					$changes[ $field ] = trim( sanitize_text_field( (string) $value ) );
				}
			}
		}
		if ( isset( $changes['personal_links'] ) ) {
			$changes['personal_links'] = self::is_on( $changes['personal_links'] ) ? 'Yes' : 'No';
		}
		return array_filter( $changes, 'is_string' );
	}

	/**
	 * Whether a switch of a form is on, in any of its spellings.
	 */
	public static function is_on( mixed $value ): bool {
		return true === $value || 1 === $value || in_array( strtolower( (string) ( is_scalar( $value ) ? $value : '' ) ), array( 'yes', 'true', 'on', '1' ), true );
	}

	/**
	 * The auth type, or what the older switches mean. The present page sends server_to_server_enabled "No" always, so
	 * auth_type counts first.
	 *
	 * @param \Closure(string): mixed $read Reads a parameter.
	 */
	private static function auth_type( \Closure $read ): ?string {
		$given = $read( 'auth_type' );
		if ( is_string( $given ) ) {
			return sanitize_text_field( $given );
		}
		if ( self::is_on( $read( 'server_to_server_enabled' ) ) ) {
			return AuthType::ServerToServer->value;
		}
		$enabled = $read( 'enableCal' );
		if ( null === $enabled ) {
			return null;
		}
		return ( self::is_on( $enabled ) ? AuthType::OAuth : AuthType::None )->value;
	}
}
