<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * A doctor's way to Zoom's consent page and back.
 */
final class ConsentFlow {

	/**
	 * The original add-on's callback route; registered with doctors' Zoom apps, so it cannot change.
	 */
	public const CALLBACK = 'kivicare/v1/settings/zoom-telemed/callback';

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Settings $settings,
		private readonly DoctorConnections $doctors,
		private readonly PendingConsents $pending
	) {}

	/**
	 * Redirect URL as it must be registered with the Zoom app.
	 */
	public static function redirect_url(): string {
		return rest_url( self::CALLBACK );
	}

	/**
	 * Address of the consent page for a doctor.
	 *
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the settings are incomplete; the message says what.
	 * @throws \InvalidArgumentException When doctors do not connect by consent here.
	 */
	public function begin( int $doctor_id, string $session ): string {
		if ( AuthType::OAuth !== $this->settings->auth_type() ) {
			throw new \InvalidArgumentException( __( 'The clinic has not set Zoom to connect by OAuth. Ask the administrator to choose OAuth in the Zoom settings.', 'kivicare-telemed' ) );
		}
		$consent = $this->bridge->begin_consent( $this->party( $doctor_id, $session ) );
		$this->pending->keep( $doctor_id, $consent['key'], $consent['sealed'] );
		return $consent['url'];
	}

	/**
	 * Finishes a consent. Nothing is stored unless it says done.
	 *
	 * @return array{state: string, reason: string, message: string} state is done or refused; the message is safe to show.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the extension fails.
	 */
	public function complete( int $doctor_id, string $session, #[\SensitiveParameter] string $state, #[\SensitiveParameter] string $code ): array {
		// Spent before it is used: a state counts once, whatever becomes of the exchange.
		$sealed = $this->pending->take( $doctor_id, hash( 'sha256', $state ) );
		if ( null === $sealed ) {
			return array(
				'state'   => 'refused',
				'reason'  => 'state',
				'message' => '',
			);
		}
		$outcome = $this->bridge->complete_consent( $sealed, $state, $code, $this->party( $doctor_id, $session ) );
		if ( 'done' === $outcome['state'] ) {
			$this->doctors->connect_sealed( $doctor_id, (string) $outcome['sealed'], $outcome['user'] ?? null );
		}
		return array(
			'state'   => (string) $outcome['state'],
			'reason'  => (string) $outcome['reason'],
			'message' => (string) $outcome['message'],
		);
	}

	/**
	 * Spends a state whose consent was refused.
	 */
	public function refuse( int $doctor_id, string $state ): bool {
		return null !== $this->pending->take( $doctor_id, hash( 'sha256', $state ) );
	}

	/**
	 * Who consents, for the extension.
	 *
	 * @return array{user_id: int, session: string, redirect_uri: string}
	 */
	private function party( int $doctor_id, string $session ): array {
		return array(
			'user_id'      => $doctor_id,
			'session'      => $session,
			'redirect_uri' => self::redirect_url(),
		);
	}
}
