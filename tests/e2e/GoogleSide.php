<?php

declare(strict_types=1);

final class GoogleSide extends ProviderSide {

	public function id(): string {
		return 'googlemeet';
	}

	public function other(): ProviderSide {
		return new ZoomSide( $this->site );
	}

	public function serve_doctors(): void {
		$this->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		$this->connect( (int) $this->site->seed['other_doctor_id'], 'doctor2@example.test' );
	}

	public function take_over(): void {
		$this->serve_doctors();
	}

	public function connect( int $doctor_id, string $email, int $expires_in = 3600 ): void {
		$this->site->sandbox( 'POST', '/google/users', array( 'email' => $email ) );
		// A channel of an earlier connection would be stopped with the new tokens, and they be refreshed for it.
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->bridge()->leave_calendar( $doctor_id );" );
		$this->connect_with( $doctor_id, $this->site->sandbox( 'POST', '/google/grants', array( 'client_id' => $this->site->provider_seed()['google']['client_id'], 'user' => $email, 'expires_in' => $expires_in ) ) );
	}

	public function expire_tokens(): void {
		$this->site->sandbox( 'POST', '/google/tokens/expire', array() );
	}

	public function open_consent(): void {
		$this->serve_settings( array( 'enableCal' => 'Yes' ) );
	}

	/**
	 * Saves the administrator's page.
	 *
	 * @param array<string, mixed> $config Fields.
	 */
	public function serve_settings( array $config ): void {
		$answer = $this->site->login( 'admin' )->rest( 'PUT', 'kivicare/v1/settings/googlemeet', array( 'google_meet_config' => $config, 'google_meet_event_template' => '' ) );
		if ( true !== ( $answer['json']['status'] ?? null ) ) {
			throw new RuntimeException( $answer['body'] );
		}
	}

	/**
	 * Events of every calendar, deleted ones left out.
	 *
	 * @return list<array<string, mixed>>
	 */
	public function events(): array {
		$events = array_merge( array(), ...array_column( $this->site->sandbox( 'GET', '/state?log=0' )['google']['users'], 'events' ) );
		return array_values( array_filter( $events, static fn( array $event ): bool => 'cancelled' !== $event['status'] ) );
	}

	/**
	 * What a person does in Google Calendar.
	 *
	 * @param array<string, mixed> $more Details.
	 */
	public function act( string $action, string $event_id, array $more = array(), string $email = 'doctor@example.test' ): void {
		$this->site->sandbox( 'POST', '/google/events', array( 'user' => $email, 'id' => $event_id, 'action' => $action ) + $more );
	}

	public function live(): array {
		return array_map(
			static fn( array $event ): array => array(
				'id'    => $event['id'],
				'start' => ( new DateTimeImmutable( $event['start']['dateTime'] ) )->setTimezone( new DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' ),
				'link'  => $event['hangoutLink'] ?? '',
				'mark'  => $event['id'],
			),
			$this->events()
		);
	}

	/**
	 * The event's id: the marker in base32hex.
	 */
	public function mark( string $marker ): string {
		$bits = '';
		foreach ( str_split( (string) hex2bin( $marker ) ) as $byte ) {
			$bits .= sprintf( '%08b', ord( $byte ) );
		}
		$id = 'kct';
		foreach ( str_split( $bits, 5 ) as $five ) {
			$id .= '0123456789abcdefghijklmnopqrstuv'[ bindec( str_pad( $five, 5, '0' ) ) ];
		}
		return $id;
	}

	public function names(): array {
		return array(
			'table'       => 'wp_kc_appointment_google_meet_mappings',
			'id_column'   => 'event_id',
			'link_column' => 'url',
			'route'       => 'googlemeet',
			'page'        => '/setting/google-meet-configuration?google_meet_connected=1',
			'tokens'      => 'google_meet_access_token',
			'connect'     => 'kiviCare_google_meet_connect',
			'update'      => 'PATCH google events/{eventId}',
			'refresh'     => 'POST /token refresh_token',
			'revoke'      => 'POST /revoke',
			'token_path'  => '/token',
			'revoke_path' => '/revoke',
		);
	}

	public function lacking(): array {
		return array( '&untick=1', 'ticked' );
	}
}
