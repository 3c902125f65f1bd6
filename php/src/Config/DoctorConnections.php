<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Mail\Remedy;

/**
 * Which provider serves a doctor, in the user meta that KiviCare and its add-ons share.
 *
 * Called outside of KiviCare's transactions only; a refreshed token is written by the extension itself.
 */
final class DoctorConnections extends ServerToServer {

	/**
	 * Fired with (int $doctor_id, Provider $provider) when a provider begins to serve a doctor.
	 */
	public const CHOSEN_ACTION = 'kivicare_telemed_provider_chosen';

	/**
	 * Fired with (int $doctor_id, Provider $provider) when a doctor's own connection has ended.
	 */
	public const LEFT_ACTION = 'kivicare_telemed_provider_left';

	public const ZOOM_TOKENS  = 'kiviCare_doctor_zoom_telemed_config';
	public const ZOOM_CONNECT = 'kiviCare_zoom_telemed_connect';
	public const ZOOM_SHARED  = SharedMeta::KEY;

	/**
	 * Where earlier versions kept the doctor's Zoom user; see Connect\ZoomUserBook.
	 */
	public const ZOOM_USER = 'kivicare_telemed_zoom_user';

	/**
	 * On a network: the site on which the doctor is connected, by provider. Users' meta is shared by all sites, but what one
	 * site seals no other can open.
	 */
	public const HOME = 'kivicare_telemed_home_';

	/**
	 * Zoom's id of the user who consented; a deauthorization names it.
	 */
	public const ZOOM_IDENTITY = 'kivicare_telemed_zoom_identity';

	public const MEET_TOKENS   = 'google_meet_access_token';
	public const MEET_CONNECT  = 'kiviCare_google_meet_connect';
	public const MEET_IDENTITY = 'kivicare_telemed_google_identity';

	/**
	 * KiviCare asks the provider named here first.
	 */
	public const PROVIDER = 'telemed_type';

	/**
	 * Connects a doctor with tokens of the doctor's own account.
	 *
	 * @param int    $doctor_id   WordPress user id.
	 * @param string $tokens_json The provider's token answer, or the same with expires_at.
	 * @throws \InvalidArgumentException When there is no such user or the JSON is no token set.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the tokens cannot be sealed; nothing is changed then.
	 */
	public function connect( int $doctor_id, #[\SensitiveParameter] string $tokens_json, Provider $provider = Provider::Zoom ): void {
		$this->require_user( $doctor_id );
		$sealed = $this->bridge->seal( TokenJson::normalise( $tokens_json ), 'user:' . $doctor_id, $provider->tokens_key() );
		$this->connect_sealed( $provider, $doctor_id, $sealed );
	}

	/**
	 * Connects a doctor with tokens that the extension sealed for this doctor.
	 *
	 * @param Provider                  $provider  Whose tokens.
	 * @param int                       $doctor_id WordPress user id.
	 * @param string                    $sealed    Sealed token set.
	 * @param array<string, mixed>|null $account   The account (id, email), where known.
	 */
	public function connect_sealed( Provider $provider, int $doctor_id, string $sealed, ?array $account = null ): void {
		// update_user_meta() removes one level of slashes.
		update_user_meta( $doctor_id, $provider->tokens_key(), wp_slash( $sealed ) );
		is_multisite() && update_user_meta( $doctor_id, self::HOME . $provider->value, SharedMeta::site() );
		if ( null === $account ) {
			delete_user_meta( $doctor_id, $provider->identity_key() );
		} else {
			update_user_meta( $doctor_id, $provider->identity_key(), wp_slash( (string) $account['id'] ) );
		}
		$this->bridge->connection_made( $provider->value, $doctor_id );
		if ( Provider::GoogleMeet === $provider ) {
			$this->bridge->follow_calendar( $doctor_id );
		}
		$this->choose( $provider, $doctor_id );
	}

	/**
	 * Ends the doctor's own connection on our side. The other provider and server-to-server data are not touched.
	 *
	 * @param bool $revoked Whether the doctor ended it at the provider.
	 */
	public function forget_tokens( Provider $provider, int $doctor_id, bool $revoked = false ): void {
		$this->note_end( $provider, $doctor_id, $revoked );
		delete_user_meta( $doctor_id, $provider->tokens_key() ) && do_action( self::LEFT_ACTION, $doctor_id, $provider );
		delete_user_meta( $doctor_id, $provider->identity_key() );
		delete_user_meta( $doctor_id, self::HOME . $provider->value );
		if ( Provider::Zoom === $provider && $this->is_shared( $doctor_id ) ) {
			return;
		}
		update_user_meta( $doctor_id, $provider->connect_key(), 'off' );
		if ( $provider->value === get_user_meta( $doctor_id, self::PROVIDER, true ) ) {
			delete_user_meta( $doctor_id, self::PROVIDER );
		}
	}

	/**
	 * The doctor who consented as this Zoom user, 0 for none.
	 */
	public function doctor_of_zoom_user( string $zoom_user_id ): int {
		$ids = '' === $zoom_user_id ? array() : get_users(
			array(
				'meta_key'   => self::ZOOM_IDENTITY,
				'meta_value' => $zoom_user_id,
				'fields'     => 'ID',
				'number'     => 1,
			)
		);
		return (int) ( $ids[0] ?? 0 );
	}

	/**
	 * Whether the doctor is connected with their own account.
	 */
	public function has_own_tokens( int $doctor_id, Provider $provider = Provider::Zoom ): bool {
		return 'on' === get_user_meta( $doctor_id, $provider->connect_key(), true ) && $this->keeps_tokens( $provider, $doctor_id );
	}

	/**
	 * Whether tokens of a connection with this site are stored, in use or not.
	 */
	public function keeps_tokens( Provider $provider, int $doctor_id ): bool {
		return '' !== (string) get_user_meta( $doctor_id, $provider->tokens_key(), true ) && ! $this->is_connected_elsewhere( $provider, $doctor_id );
	}

	/**
	 * Whether the doctor's connection is one with another site of the network.
	 */
	public function is_connected_elsewhere( Provider $provider, int $doctor_id ): bool {
		return is_multisite() && ! in_array( get_user_meta( $doctor_id, self::HOME . $provider->value, true ), array( '', SharedMeta::site() ), true );
	}

	/**
	 * What the doctor has to do about their own connection; empty while it works.
	 */
	public function ailment( int $doctor_id, Provider $provider ): string {
		try {
			$row = $this->has_own_tokens( $doctor_id, $provider ) ? $this->bridge->connection_state( $provider->value, $doctor_id ) : null;
		} catch ( BridgeException ) {
			return '';
		}
		return null !== $row && 'reconnect' === $row['state'] ? Remedy::of( (string) $row['reason'], (string) $row['message'] ) : '';
	}

	/**
	 * Who serves the doctor: the connected account, preferring the one KiviCare names; else the clinic's Zoom account,
	 * for everybody who has not switched to Google Meet.
	 */
	public function provider_of( int $doctor_id ): ?Provider {
		$preferred = Provider::tryFrom( (string) get_user_meta( $doctor_id, self::PROVIDER, true ) ) ?? Provider::Zoom;
		foreach ( array( $preferred, $preferred->other() ) as $provider ) {
			if ( $this->has_own_tokens( $doctor_id, $provider ) ) {
				return $provider;
			}
		}
		$shared = 'on' !== get_user_meta( $doctor_id, self::MEET_CONNECT, true )
			&& ( null !== $this->own_app( $doctor_id ) || $this->settings->is_clinic_wide() );
		return $shared ? Provider::Zoom : null;
	}

	/**
	 * The doctor's own address at Google, where known, else in WordPress.
	 */
	public function google_address( int $doctor_id ): string {
		$identity = (string) get_user_meta( $doctor_id, self::MEET_IDENTITY, true );
		$user     = get_userdata( $doctor_id );
		return is_email( $identity ) ? $identity : (string) ( $user ? $user->user_email : '' );
	}

	/**
	 * Host fields of a call of the extension.
	 *
	 * @return array{provider: string, doctor_id: int, host: string, doctor_tokens: bool, app: array<string, string>|null}
	 */
	public function host( int $doctor_id ): array {
		$provider = $this->provider_of( $doctor_id ) ?? Provider::Zoom;
		return array(
			'provider'      => $provider->value,
			'doctor_id'     => $doctor_id,
			'host'          => $this->zoom_user( $doctor_id ),
			'doctor_tokens' => $this->has_own_tokens( $doctor_id, $provider ),
			'app'           => $this->own_app( $doctor_id ),
		);
	}

	/**
	 * Drops cached meta after the extension wrote a token row on its own connection.
	 */
	public function forget_cached( int $doctor_id ): void {
		wp_cache_delete( $doctor_id, 'user_meta' );
		$this->people->forget( $doctor_id );
	}

	private function note_end( Provider $provider, int $doctor_id, bool $revoked ): void {
		try {
			$this->bridge->connection_ended( $provider->value, $doctor_id, $revoked );
		} catch ( BridgeException ) {
			// A row without tokens is dropped by the next look at connections.
			return;
		}
	}

	/**
	 * KiviCare asks the preferred provider first, so only one may be on. Tokens of the other stay until its meetings
	 * have moved; see Connect\Retirement.
	 */
	protected function choose( Provider $provider, int $doctor_id ): void {
		update_user_meta( $doctor_id, $provider->connect_key(), 'on' );
		update_user_meta( $doctor_id, self::PROVIDER, $provider->value );
		update_user_meta( $doctor_id, $provider->other()->connect_key(), 'off' );
		do_action( self::CHOSEN_ACTION, $doctor_id, $provider );
	}

	protected function require_user( int $doctor_id ): \WP_User {
		$user = $doctor_id > 0 ? get_userdata( $doctor_id ) : false;
		return $user ? $user : throw new \InvalidArgumentException( 'there is no such user' );
	}
}
