<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * Which provider serves a doctor, in the user meta that KiviCare and its add-ons share.
 *
 * Called outside of KiviCare's transactions only; a refreshed token is written by the extension itself.
 */
final class DoctorConnections {

	public const ZOOM_TOKENS  = 'kiviCare_doctor_zoom_telemed_config';
	public const ZOOM_CONNECT = 'kiviCare_zoom_telemed_connect';
	public const ZOOM_SHARED  = 'zoom_server_to_server_oauth_config_data';
	public const ZOOM_USER    = 'kivicare_telemed_zoom_user';
	public const MEET_CONNECT = 'kiviCare_google_meet_connect';
	public const PROVIDER     = 'telemed_type';

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Settings $settings
	) {}

	/**
	 * Connects a doctor with tokens of the doctor's own Zoom account.
	 *
	 * @param int    $doctor_id   WordPress user id.
	 * @param string $tokens_json Zoom's token answer, or the same with expires_at.
	 * @throws \InvalidArgumentException When there is no such user or the JSON is no token set.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the tokens cannot be sealed; nothing is changed then.
	 */
	public function connect( int $doctor_id, #[\SensitiveParameter] string $tokens_json ): void {
		$this->require_user( $doctor_id );
		$sealed = $this->bridge->seal( $this->normalise( $tokens_json ), 'user:' . $doctor_id, self::ZOOM_TOKENS );

		// update_user_meta() removes one level of slashes.
		update_user_meta( $doctor_id, self::ZOOM_TOKENS, wp_slash( $sealed ) );
		$this->choose_zoom( $doctor_id );
	}

	/**
	 * Lets the clinic's Zoom account serve a doctor.
	 *
	 * @param int    $doctor_id WordPress user id.
	 * @param string $zoom_user Zoom user id or e-mail; empty for the doctor's WordPress e-mail.
	 * @throws \InvalidArgumentException When there is no such user.
	 */
	public function use_clinic_account( int $doctor_id, string $zoom_user = '' ): void {
		$this->require_user( $doctor_id );
		if ( '' === $zoom_user ) {
			delete_user_meta( $doctor_id, self::ZOOM_USER );
		} else {
			update_user_meta( $doctor_id, self::ZOOM_USER, wp_slash( $zoom_user ) );
		}
		// KiviCare looks for this exact pair, once decoded and once with LIKE. No credentials belong here.
		update_user_meta( $doctor_id, self::ZOOM_SHARED, wp_slash( '{"enableServerToServerOauthconfig":"true"}' ) );
		$this->choose_zoom( $doctor_id );
	}

	/**
	 * Whether the doctor has tokens of an own Zoom account.
	 */
	public function has_own_tokens( int $doctor_id ): bool {
		return 'on' === get_user_meta( $doctor_id, self::ZOOM_CONNECT, true )
			&& '' !== (string) get_user_meta( $doctor_id, self::ZOOM_TOKENS, true );
	}

	/**
	 * Whether Zoom would serve the doctor: own tokens, or the clinic's account for everybody not on Google Meet.
	 */
	public function is_served_by_zoom( int $doctor_id ): bool {
		if ( $this->has_own_tokens( $doctor_id ) ) {
			return true;
		}
		return $this->settings->is_clinic_wide() && 'on' !== get_user_meta( $doctor_id, self::MEET_CONNECT, true );
	}

	/**
	 * Zoom user of the doctor in the clinic's account.
	 */
	public function zoom_user( int $doctor_id ): string {
		$mapped = (string) get_user_meta( $doctor_id, self::ZOOM_USER, true );
		$user   = get_userdata( $doctor_id );
		return '' !== $mapped ? $mapped : (string) ( $user ? $user->user_email : '' );
	}

	/**
	 * Host fields of a call of the extension.
	 *
	 * @return array{doctor_id: int, host: string, doctor_tokens: bool}
	 */
	public function host( int $doctor_id ): array {
		return array(
			'doctor_id'     => $doctor_id,
			'host'          => $this->zoom_user( $doctor_id ),
			'doctor_tokens' => $this->has_own_tokens( $doctor_id ),
		);
	}

	/**
	 * Drops cached meta after the extension wrote a token row on its own connection.
	 */
	public function forget_cached( int $doctor_id ): void {
		wp_cache_delete( $doctor_id, 'user_meta' );
	}

	/**
	 * KiviCare asks the preferred provider first, so only one may be on.
	 */
	private function choose_zoom( int $doctor_id ): void {
		update_user_meta( $doctor_id, self::ZOOM_CONNECT, 'on' );
		update_user_meta( $doctor_id, self::PROVIDER, 'zoom' );
		update_user_meta( $doctor_id, self::MEET_CONNECT, 'off' );
	}

	private function require_user( int $doctor_id ): void {
		if ( $doctor_id <= 0 || false === get_userdata( $doctor_id ) ) {
			throw new \InvalidArgumentException( 'there is no such user' );
		}
	}

	/**
	 * Token JSON in the stored form. The input is never quoted in a message.
	 */
	private function normalise( #[\SensitiveParameter] string $tokens_json ): string {
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
