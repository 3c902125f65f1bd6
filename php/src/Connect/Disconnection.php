<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\KiviCare\Reconciler;

/**
 * The end of a doctor's own connection: meetings it made are deleted while that is possible, the tokens are revoked at
 * Zoom and deleted here. Google Meet and server-to-server data are not touched.
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
	 * @return bool Whether Zoom confirmed; true when there was nothing to end.
	 */
	public function disconnect( int $doctor_id ): bool {
		if ( '' === (string) get_user_meta( $doctor_id, DoctorConnections::ZOOM_TOKENS, true ) ) {
			return true;
		}
		$this->end_meetings( $doctor_id, array( 'own' ) );
		$confirmed = $this->revoke( $doctor_id );
		$this->forget( $doctor_id );
		return $confirmed;
	}

	/**
	 * Drops a connection that the provider has ended.
	 */
	public function forget( int $doctor_id ): void {
		$this->pending->clear( $doctor_id );
		$this->doctors->forget_tokens( $doctor_id );
	}

	/**
	 * Ends everything that only this user's credentials can end.
	 */
	public function before_deletion( int $user_id ): void {
		if ( $this->doctors->has_own_tokens( $user_id ) || null !== $this->doctors->own_app( $user_id ) ) {
			$this->end_meetings( $user_id, array( 'own', 'app' ) );
			$this->disconnect( $user_id );
		}
	}

	/**
	 * Deletes meetings made with the doctor's credentials.
	 *
	 * @param int          $doctor_id The doctor.
	 * @param list<string> $kinds     own, app.
	 */
	private function end_meetings( int $doctor_id, array $kinds ): void {
		$deadline = microtime( true ) + self::BUDGET;
		try {
			foreach ( ( $this->ahead )( $doctor_id ) as $id ) {
				$row   = $this->bridge->find_by_appointment( 'zoom', $id );
				$extra = json_decode( (string) ( $row['extra'] ?? '' ), true );
				$made  = is_array( $extra ) ? (string) ( $extra['via'] ?? 'own' ) : 'own';
				if ( null !== $row && in_array( $made, $kinds, true ) && microtime( true ) < $deadline ) {
					$this->reconciler->end( $id );
				}
			}
		} catch ( \Throwable ) {
			// Disconnecting must not depend on it; what is left is in the journal or found by the sweep.
			return;
		}
	}

	private function revoke( int $doctor_id ): bool {
		try {
			return 'done' === $this->bridge->revoke( $doctor_id )['state'];
		} catch ( BridgeException ) {
			return false;
		}
	}
}
