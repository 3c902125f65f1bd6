<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Rest\Diagnosis;

/**
 * The server-to-server part of doctors' connections: the clinic's app, and doctors' own.
 */
abstract class ServerToServer {

	protected readonly SharedMeta $shared;

	public function __construct(
		protected readonly Bridge $bridge,
		protected readonly Settings $settings,
		protected readonly ZoomUsers $people
	) {
		$this->shared = new SharedMeta();
	}

	/**
	 * Lets a provider serve the doctor.
	 */
	abstract protected function choose( Provider $provider, int $doctor_id ): void;

	/**
	 * The user.
	 *
	 * @throws \InvalidArgumentException When there is none.
	 */
	abstract protected function require_user( int $doctor_id ): \WP_User;

	/**
	 * Whether the doctor is connected with their own account.
	 */
	abstract public function has_own_tokens( int $doctor_id, Provider $provider = Provider::Zoom ): bool;

	/**
	 * Who serves the doctor.
	 */
	abstract public function provider_of( int $doctor_id ): ?Provider;

	/**
	 * Keeps a doctor's own server-to-server app and lets it serve the doctor. Zoom is asked first: what does not get a token
	 * is not kept.
	 *
	 * @param int    $doctor_id  WordPress user id.
	 * @param string $account_id Zoom account.
	 * @param string $client_id  Client id of the app.
	 * @param string $secret     Client secret; empty keeps the stored one.
	 * @throws \InvalidArgumentException When a field is missing or Zoom refuses the app; nothing is changed then.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the secret cannot be sealed; nothing is changed then.
	 */
	public function use_own_app( int $doctor_id, string $account_id, string $client_id, #[\SensitiveParameter] string $secret ): void {
		$stored = $this->own_app( $doctor_id );
		$keys   = array( 'account_id' => $account_id, 'client_id' => $client_id, 'client_secret' => '' === $secret ? (string) ( $stored['client_secret'] ?? '' ) : $secret );
		if ( in_array( '', $keys, true ) ) {
			throw new \InvalidArgumentException( __( 'Account ID, client ID and client secret are all needed.', 'kivicare-telemed' ) );
		}
		if ( $keys !== $stored || '' === $this->shared->app_user( $doctor_id ) ) {
			$zoom_user = $this->prove( $doctor_id, $keys );
			if ( '' !== $secret ) {
				$keys['client_secret'] = $this->bridge->seal( $secret, 'user:' . $doctor_id, SharedMeta::KEY );
			}
			$this->shared->keep( $doctor_id, $keys, $zoom_user );
		}
		$this->choose( Provider::Zoom, $doctor_id );
	}

	/**
	 * Deletes the doctor's own app. Where the clinic has one, and the doctor is approved there, it serves the doctor again.
	 */
	public function drop_own_app( int $doctor_id ): void {
		if ( $this->settings->is_clinic_wide() && $this->is_shared( $doctor_id ) && '' !== $this->people->id( $doctor_id ) ) {
			$had_app = null !== $this->own_app( $doctor_id );
			$this->shared->switch_on( $doctor_id );
			$had_app && do_action( DoctorConnections::LEFT_ACTION, $doctor_id, Provider::Zoom );
			return;
		}
		$this->shared->delete( $doctor_id ) && do_action( DoctorConnections::LEFT_ACTION, $doctor_id, Provider::Zoom );
		if ( ! $this->has_own_tokens( $doctor_id ) ) {
			update_user_meta( $doctor_id, DoctorConnections::ZOOM_CONNECT, 'off' );
		}
	}

	/**
	 * The doctor's own server-to-server app, its secret sealed.
	 *
	 * @return array{account_id: string, client_id: string, client_secret: string}|null
	 */
	public function own_app( int $doctor_id ): ?array {
		return $this->shared->app( $doctor_id );
	}

	/**
	 * Whether server-to-server is switched on for the doctor: their own app, or the clinic's.
	 */
	public function is_shared( int $doctor_id ): bool {
		return $this->shared->is_on( $doctor_id );
	}

	/**
	 * Lets the clinic's Zoom account serve a doctor, as a user whom Zoom knows.
	 *
	 * @param int    $doctor_id WordPress user id.
	 * @param string $zoom_user Zoom user id or e-mail; empty for the doctor's WordPress e-mail as it is now.
	 * @throws \InvalidArgumentException When there is no such user here or at Zoom.
	 */
	public function use_clinic_account( int $doctor_id, string $zoom_user = '' ): void {
		$doctor = $this->require_user( $doctor_id );
		$this->people->approve( $doctor_id, '' === $zoom_user ? $doctor->user_email : $zoom_user );
		$this->offer_clinic_account( $doctor_id );
	}

	/**
	 * Lets KiviCare offer the doctor's video services through the clinic's account. No credentials belong into the meta.
	 */
	public function offer_clinic_account( int $doctor_id ): void {
		$this->shared->switch_on( $doctor_id );
		$this->choose( Provider::Zoom, $doctor_id );
	}

	/**
	 * Says which Zoom user a doctor is, in the clinic's account or in that of the doctor's own app.
	 *
	 * @param string $zoom_user Zoom user id or e-mail; empty takes an approval back.
	 * @throws \InvalidArgumentException When there is no such user here or at Zoom.
	 */
	public function map_zoom_user( int $doctor_id, string $zoom_user ): void {
		$this->require_user( $doctor_id );
		$app = $this->own_app( $doctor_id );
		if ( '' === $zoom_user ) {
			$this->people->refuse( $doctor_id );
		} elseif ( null === $app ) {
			$this->people->approve( $doctor_id, $zoom_user );
		} else {
			ZoomUsers::check( $zoom_user );
			$answer = $this->people->look_up( $app + array( 'doctor_id' => $doctor_id ), array( $zoom_user ) )[ $zoom_user ];
			if ( 'done' !== $answer['state'] ) {
				throw new \InvalidArgumentException( ZoomUsers::refusal( $answer, $zoom_user ) );
			}
			$this->shared->keep( $doctor_id, $app, $answer['id'] );
			do_action( ZoomUsers::CHANGED_ACTION, $doctor_id );
		}
	}

	/**
	 * Whether the doctor's meetings at Zoom have a host: the doctor's own connection or app, or an approved user of the clinic's.
	 */
	public function is_served_by_zoom( int $doctor_id ): bool {
		return Provider::Zoom === $this->provider_of( $doctor_id ) && ( $this->has_own_tokens( $doctor_id ) || '' !== $this->zoom_user( $doctor_id ) );
	}

	/**
	 * By which address a doctor's own app is asked for its doctor: the approved one, else that in WordPress.
	 */
	public function app_address( int $doctor_id ): string {
		$approved = $this->people->find( $doctor_id )->address ?? '';
		return '' === $approved ? $this->address( $doctor_id ) : $approved;
	}

	/**
	 * Zoom's id of the doctor's user: the approved one in the clinic's account. With the doctor's own app, where the doctor decides
	 * anyway, the address stands in until Zoom has told the id.
	 */
	public function zoom_user( int $doctor_id ): string {
		if ( null === $this->own_app( $doctor_id ) ) {
			return $this->people->id( $doctor_id );
		}
		$known = $this->shared->app_user( $doctor_id );
		return '' !== $known ? $known : $this->address( $doctor_id );
	}

	/**
	 * Lets a doctor's own app prove itself.
	 *
	 * @param array<string, string> $keys account_id, client_id, client_secret.
	 * @return string Zoom's id of the doctor in its account, empty where Zoom does not know the address.
	 * @throws \InvalidArgumentException When Zoom refuses the app, or cannot be asked.
	 */
	private function prove( int $doctor_id, #[\SensitiveParameter] array $keys ): string {
		$address = $this->app_address( $doctor_id );
		$answer  = $this->people->look_up( $keys + array( 'doctor_id' => $doctor_id ), array( $address ) )[ $address ];
		if ( 'done' !== $answer['state'] && 'host_not_found' !== $answer['reason'] ) {
			throw new \InvalidArgumentException( Diagnosis::of( Provider::Zoom, $answer ) . ' ' . __( 'Nothing was saved.', 'kivicare-telemed' ) );
		}
		return $answer['id'];
	}

	private function address( int $doctor_id ): string {
		$user = get_userdata( $doctor_id );
		return $user ? $user->user_email : '';
	}
}
