<?php

declare(strict_types=1);

final class ZoomSide extends ProviderSide {

	public function id(): string {
		return 'zoom';
	}

	public function other(): ProviderSide {
		return new GoogleSide( $this->site );
	}

	/**
	 * Through the clinic's server-to-server app, as the site is seeded.
	 */
	public function serve_doctors(): void {
		$this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/connect.php', true ) . ';' );
	}

	public function take_over(): void {
		foreach ( array( 'doctor_id', 'other_doctor_id' ) as $who ) {
			$this->site->php( 'KiviCare\Telemed\Plugin::instance()->doctors()->use_clinic_account( ' . (int) $this->site->seed[ $who ] . ' );' );
		}
	}

	public function connect( int $doctor_id, string $email, int $expires_in = 3600 ): void {
		$seed = $this->site->provider_seed();
		if ( 'doctor@example.test' !== $email ) {
			$this->site->sandbox( 'POST', '/users', array( 'id' => 'sandboxDoctor' . substr( md5( $email ), 0, 9 ), 'email' => $email, 'account' => $seed['account_id'] ) );
		}
		$this->connect_with( $doctor_id, $this->site->sandbox( 'POST', '/grants', array( 'client_id' => $seed['client_id'], 'user' => $email, 'expires_in' => $expires_in ) ) );
	}

	public function expire_tokens(): void {
		$this->site->sandbox( 'POST', '/tokens/expire', array() );
	}

	public function open_consent(): void {
		$seed = $this->site->provider_seed();
		$this->site->save_zoom( array( 'auth_type' => 'oauth', 'client_id' => $seed['client_id'], 'client_secret' => $seed['client_secret'] ) );
		$this->site->sandbox( 'POST', '/users', array( 'id' => 'sandboxDoctorAAAAAAAAA', 'email' => 'doctor@example.test', 'account' => $seed['account_id'], 'scopes' => null ) );
	}

	public function live(): array {
		return array_map(
			static fn( array $meeting ): array => array(
				'id'    => (string) $meeting['id'],
				'start' => (string) ( $meeting['start_time'] ?? '' ),
				'link'  => $meeting['join_url'],
				'mark'  => $meeting['agenda'],
			),
			$this->site->live_meetings()
		);
	}

	/**
	 * A live meeting as Zoom has it.
	 *
	 * @return array<string, mixed>
	 */
	public function raw( string $meeting_id ): array {
		foreach ( $this->site->live_meetings() as $meeting ) {
			if ( (string) $meeting['id'] === $meeting_id ) {
				return $meeting;
			}
		}
		throw new RuntimeException( "no live meeting $meeting_id" );
	}

	public function mark( string $marker ): string {
		return $marker;
	}

	public function names(): array {
		return array(
			'table'       => 'wp_kc_appointment_zoom_mappings',
			'id_column'   => 'zoom_id',
			'link_column' => 'join_url',
			'route'       => 'zoom-telemed',
			'page'        => '/setting/zoom-configuration',
			'tokens'      => 'kiviCare_doctor_zoom_telemed_config',
			'connect'     => 'kiviCare_zoom_telemed_connect',
			'update'      => 'PATCH /meetings/{meetingId}',
			'refresh'     => 'POST /oauth/token refresh_token',
			'revoke'      => 'POST /oauth/revoke',
			'token_path'  => '/oauth/token',
			'revoke_path' => '/oauth/revoke',
		);
	}

	public function lacking(): array {
		$this->site->sandbox( 'POST', '/users', array( 'id' => 'sandboxDoctorAAAAAAAAA', 'email' => 'doctor@example.test', 'account' => $this->site->provider_seed()['account_id'], 'scopes' => array( 'meeting:write:meeting', 'user:read:user' ) ) );
		return array( '', 'meeting:delete:meeting' );
	}
}
