<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * A doctor's way to a provider's consent page and back.
 */
final class ConsentFlow {

	/**
	 * What speaks against connecting now, as text with the remedy; null for nothing.
	 *
	 * @var \Closure(): ?string
	 */
	private readonly \Closure $obstacle;

	/**
	 * One provider's flow.
	 *
	 * @param \Closure(): ?string $obstacle What speaks against connecting now.
	 */
	public function __construct(
		public readonly Provider $provider,
		private readonly Bridge $bridge,
		private readonly DoctorConnections $doctors,
		private readonly PendingConsents $pending,
		\Closure $obstacle
	) {
		$this->obstacle = $obstacle;
	}

	/**
	 * Address of the consent page for a doctor.
	 *
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the settings are incomplete; the message says what.
	 * @throws \InvalidArgumentException When doctors do not connect by consent here.
	 */
	public function begin( int $doctor_id, string $session ): string {
		$obstacle = ( $this->obstacle )();
		if ( null !== $obstacle ) {
			throw new \InvalidArgumentException( $obstacle );
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
			$this->doctors->connect_sealed( $this->provider, $doctor_id, (string) $outcome['sealed'], $outcome['user'] ?? null );
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
	 * @return array{provider: string, user_id: int, session: string, redirect_uri: string}
	 */
	private function party( int $doctor_id, string $session ): array {
		return array(
			'provider'     => $this->provider->value,
			'user_id'      => $doctor_id,
			'session'      => $session,
			'redirect_uri' => $this->provider->redirect_url(),
		);
	}
}
