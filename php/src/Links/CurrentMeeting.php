<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\KiviCare\Appointment;

/**
 * The meeting that counts. While a doctor changes the provider there may be two: the former provider's, which is about to
 * be deleted, and the one in which the doctor will be.
 */
final class CurrentMeeting {

	private const WAITING = array( 'in_flight', 'pending', 'parked' );

	public function __construct(
		private readonly Bridge $bridge,
		private readonly DoctorConnections $doctors
	) {}

	/**
	 * The mapping of the doctor's provider; of any, where nobody serves the doctor any more.
	 *
	 * @return array<string, mixed>|null
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the database does not answer.
	 */
	public function find( Appointment $appointment ): ?array {
		$serves    = $this->doctors->provider_of( $appointment->doctor_id );
		$providers = null === $serves ? Provider::cases() : array( $serves );
		foreach ( $providers as $provider ) {
			$row = $this->bridge->find_by_appointment( $provider->value, $appointment->id );
			if ( null !== $row ) {
				return $row;
			}
		}
		return null;
	}

	/**
	 * The operation that is to make the appointment's meeting; null when there is none, or the meeting is there.
	 *
	 * @return array<string, mixed>|null
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the database does not answer.
	 */
	public function awaited( Appointment $appointment ): ?array {
		$waiting = array_filter(
			$this->bridge->operations( $appointment->id ),
			static fn( array $operation ): bool => 'create' === $operation['kind'] && in_array( $operation['state'], self::WAITING, true )
		);
		return array() === $waiting || null !== $this->find( $appointment ) ? null : end( $waiting );
	}
}
