<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * The add-on's user meta for server-to-server: a switch, and a doctor's own app where there is one. KiviCare decodes it
 * and searches it with LIKE.
 */
final class SharedMeta {

	public const KEY = 'zoom_server_to_server_oauth_config_data';

	private const SWITCH = array( 'enableServerToServerOauthconfig' => 'true' );

	/**
	 * Whether server-to-server is switched on for the doctor: their own app, or the clinic's.
	 */
	public function is_on( int $doctor_id ): bool {
		return 'true' === ( $this->data( $doctor_id )['enableServerToServerOauthconfig'] ?? '' );
	}

	/**
	 * The doctor's own app, its secret sealed. On a network another site's does not count: its secret does not open here.
	 *
	 * @return array{account_id: string, client_id: string, client_secret: string}|null
	 */
	public function app( int $doctor_id ): ?array {
		$data = $this->data( $doctor_id );
		if ( ! $this->is_on( $doctor_id ) || empty( $data['account_id'] ) || empty( $data['client_id'] ) || empty( $data['client_secret'] ) ) {
			return null;
		}
		if ( is_multisite() && ( $data['site'] ?? self::site() ) !== self::site() ) {
			return null;
		}
		return array(
			'account_id'    => (string) $data['account_id'],
			'client_id'     => (string) $data['client_id'],
			'client_secret' => (string) $data['client_secret'],
		);
	}

	/**
	 * Zoom's id of the doctor in the account of their own app, empty where it is not known.
	 */
	public function app_user( int $doctor_id ): string {
		return (string) ( $this->data( $doctor_id )['zoom_user'] ?? '' );
	}

	/**
	 * On a network: the site whose own app it is, empty for none or unknown.
	 */
	public function app_site( int $doctor_id ): string {
		return (string) ( $this->data( $doctor_id )['site'] ?? '' );
	}

	/**
	 * Switches on, without credentials.
	 */
	public function switch_on( int $doctor_id ): void {
		$this->write( $doctor_id, self::SWITCH );
	}

	/**
	 * Keeps a doctor's own app.
	 *
	 * @param array<string, string> $app       account_id, client_id, client_secret (sealed).
	 * @param string                $zoom_user Zoom's id of the doctor there, empty where it is not known.
	 */
	public function keep( int $doctor_id, array $app, string $zoom_user ): void {
		$site = is_multisite() ? array( 'site' => self::site() ) : array();
		$this->write( $doctor_id, self::SWITCH + $app + ( '' === $zoom_user ? array() : array( 'zoom_user' => $zoom_user ) ) + $site );
	}

	public function delete( int $doctor_id ): bool {
		return delete_user_meta( $doctor_id, self::KEY );
	}

	/**
	 * Names this site among those of a network, as the extension does.
	 */
	public static function site(): string {
		global $wpdb;
		return (string) $wpdb->prefix;
	}

	/**
	 * The fields.
	 *
	 * @return array<string, mixed>
	 */
	private function data( int $doctor_id ): array {
		$raw  = get_user_meta( $doctor_id, self::KEY, true );
		$data = is_string( $raw ) ? json_decode( $raw, true ) : null;
		return is_array( $data ) ? $data : array();
	}

	/**
	 * Writes the compact form that KiviCare's LIKE needs.
	 *
	 * @param array<string, string> $data Fields.
	 */
	private function write( int $doctor_id, array $data ): void {
		update_user_meta( $doctor_id, self::KEY, wp_slash( (string) wp_json_encode( $data ) ) );
	}
}
