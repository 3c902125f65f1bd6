<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Site\Pause;

/**
 * The end of a doctor's own connection: meetings it made are deleted while that is possible, the tokens are revoked at
 * the provider and deleted here. The other provider and server-to-server data are not touched.
 */
final class Disconnection {

	/**
	 * Seconds for deleting meetings; a doctor waits in front of the dashboard.
	 */
	private const BUDGET = 20;

	/**
	 * Finds the doctor's appointments ahead.
	 *
	 * @var \Closure(int): list<int>
	 */
	private readonly \Closure $ahead;

	/**
	 * Parts.
	 *
	 * @param \Closure(int): list<int> $ahead Finds the doctor's appointments ahead.
	 */
	public function __construct(
		private readonly Bridge $bridge,
		private readonly DoctorConnections $doctors,
		private readonly PendingConsents $pending,
		private readonly Reconciler $reconciler,
		\Closure $ahead
	) {
		$this->ahead = $ahead;
	}

	/**
	 * Disconnects a doctor. Without a connection it does nothing: KiviCare's page calls it on every load then.
	 *
	 * @return bool Whether the provider confirmed; true when there was nothing to end.
	 * @throws BridgeException While the site is paused; nothing is changed then.
	 */
	public function disconnect( int $doctor_id, Provider $provider ): bool {
		if ( ! $this->doctors->keeps_tokens( $provider, $doctor_id ) ) {
			return true;
		}
		if ( Pause::is_on() ) {
			throw Pause::failure();
		}
		$confirmed = $this->end_at_provider( $doctor_id, $provider );
		$this->forget( $doctor_id, $provider );
		return $confirmed;
	}

	/**
	 * Ends what only the doctor's tokens can end; they stay here.
	 *
	 * @return bool Whether the provider confirmed.
	 */
	private function end_at_provider( int $doctor_id, Provider $provider ): bool {
		$this->end_meetings( $doctor_id, $provider, array( 'own' ) );
		$this->leave_calendar( $doctor_id, $provider );
		return $this->revoke( $doctor_id, $provider );
	}

	/**
	 * Whether a meeting ahead still hangs on the doctor's own connection.
	 */
	public function holds_meetings( int $doctor_id, Provider $provider ): bool {
		foreach ( ( $this->ahead )( $doctor_id ) as $id ) {
			if ( $this->is_made_by( $id, $provider, array( 'own' ) ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Drops a connection that the provider has ended.
	 */
	public function forget( int $doctor_id, Provider $provider, bool $revoked = false ): void {
		$this->pending->clear( $doctor_id );
		$this->doctors->forget_tokens( $provider, $doctor_id, $revoked );
	}

	/**
	 * Ends everything that only this user's credentials can end.
	 */
	public function before_deletion( int $user_id ): void {
		if ( Pause::is_on() ) {
			// In a copy these are another site's connections; here the sweep finds the visits without a doctor.
			return;
		}
		if ( $this->doctors->keeps_tokens( Provider::Zoom, $user_id ) || null !== $this->doctors->own_app( $user_id ) ) {
			$this->end_meetings( $user_id, Provider::Zoom, array( 'own', 'app' ) );
		}
		foreach ( Provider::cases() as $provider ) {
			if ( OwnConnection::may_write() ) {
				$this->disconnect( $user_id, $provider );
			} elseif ( $this->doctors->keeps_tokens( $provider, $user_id ) ) {
				// KiviCare deletes a clinic's administrator inside a transaction. The metas go with the user.
				$this->end_at_provider( $user_id, $provider );
			}
		}
	}

	/**
	 * Deletes meetings made with the doctor's credentials.
	 *
	 * @param int          $doctor_id The doctor.
	 * @param Provider     $provider  Where.
	 * @param list<string> $kinds     own, app.
	 */
	private function end_meetings( int $doctor_id, Provider $provider, array $kinds ): void {
		$deadline = microtime( true ) + self::BUDGET;
		try {
			foreach ( ( $this->ahead )( $doctor_id ) as $id ) {
				if ( microtime( true ) < $deadline && $this->is_made_by( $id, $provider, $kinds ) ) {
					$this->reconciler->end( $id );
				}
			}
		} catch ( \Throwable ) {
			// Disconnecting must not depend on it; what is left is in the journal or found by the sweep.
			return;
		}
	}

	/**
	 * Whether the appointment has a meeting made with such credentials. Rows of the original add-on do not say; they
	 * were made with the doctor's own.
	 *
	 * @param list<string> $kinds own, app.
	 */
	private function is_made_by( int $appointment_id, Provider $provider, array $kinds ): bool {
		$row = $this->bridge->find_by_appointment( $provider->value, $appointment_id );
		if ( null === $row ) {
			return false;
		}
		$extra = json_decode( (string) $row['extra'], true );
		return in_array( is_array( $extra ) ? (string) ( $extra['via'] ?? 'own' ) : 'own', $kinds, true );
	}

	/**
	 * Stops following the calendar while there is a token to stop the push channel with.
	 */
	private function leave_calendar( int $doctor_id, Provider $provider ): void {
		try {
			Provider::GoogleMeet === $provider && $this->bridge->leave_calendar( $doctor_id );
		} catch ( BridgeException ) {
			// A channel that is left over ends by itself within a week; its messages are not known here any more.
			return;
		}
	}

	private function revoke( int $doctor_id, Provider $provider ): bool {
		try {
			return 'done' === $this->bridge->revoke( $provider->value, $doctor_id )['state'];
		} catch ( BridgeException ) {
			return false;
		}
	}
}
