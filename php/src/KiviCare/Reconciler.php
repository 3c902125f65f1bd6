<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * The one way to a meeting that is as it should be: reads committed rows, and lets the extension create, move, delete
 * or leave alone. Everything else is a trigger. Nothing is thrown.
 */
final class Reconciler {

	/**
	 * Fired with (int $appointment_id, array $outcome) after a run.
	 */
	public const DONE_ACTION = 'kivicare_telemed_reconciled';

	/**
	 * How often a change that came in while the provider was asked is followed at once.
	 */
	private const AGAIN = 2;

	/**
	 * Reader of committed rows, made at first use.
	 *
	 * @var \Closure(): Appointments
	 */
	private readonly \Closure $committed;

	/**
	 * Parts.
	 *
	 * @param \Closure(): Appointments $committed Reader of committed rows.
	 */
	public function __construct(
		private readonly Bridge $bridge,
		private readonly DoctorConnections $doctors,
		private readonly Visits $visits,
		\Closure $committed
	) {
		$this->committed = $committed;
	}

	/**
	 * Brings one appointment's meeting in line.
	 *
	 * @param int  $appointment_id KiviCare's id.
	 * @param bool $verify         Look at the provider too: the meeting may have been changed there.
	 * @return array<string, mixed> The extension's outcome; state is "kept" when the row says to leave all as it is.
	 */
	public function run( int $appointment_id, bool $verify = false ): array {
		return $this->guarded(
			$appointment_id,
			function () use ( $appointment_id, $verify ): array {
				$visited = $this->look( $appointment_id, $verify );
				$outcome = null === $visited ? array( 'state' => 'kept' ) : $this->reconcile( $visited );
				$again   = 0;
				while ( $again < self::AGAIN && null !== $visited && $this->is_outdated( $visited, $outcome ) ) {
					$visited = $this->look( $appointment_id, false );
					$outcome = null === $visited ? $outcome : $this->reconcile( $visited );
					++$again;
				}
				return $outcome;
			}
		);
	}

	/**
	 * What committed rows say of an appointment, as Bridge::reconcile() takes it.
	 *
	 * @param int  $appointment_id KiviCare's id.
	 * @param bool $verify         Look at the provider too.
	 * @return array<string, mixed>|false|null Null when all is to be left as it is, false when it cannot be told yet.
	 */
	public function visited( int $appointment_id, bool $verify ): array|false|null {
		$visited = $this->guarded( $appointment_id, fn(): array => $this->look( $appointment_id, $verify ) ?? array() );
		if ( isset( $visited['appointment_id'] ) ) {
			return $visited;
		}
		return Failure::Store->value === ( $visited['reason'] ?? '' ) ? false : null;
	}

	/**
	 * Whether something was done for rows that say something else by now: another process may have changed the appointment
	 * or the doctor's connection and have been served in between, and what was done last is then not what is wanted.
	 *
	 * @param array<string, mixed> $visited What the extension was given.
	 * @param array<string, mixed> $outcome Its outcome.
	 */
	public function is_outdated( array $visited, array $outcome ): bool {
		if ( 0 === (int) ( $outcome['operation_id'] ?? 0 ) ) {
			return false;
		}
		$now = $this->guarded( (int) $visited['appointment_id'], fn(): array => array( 'visit' => $this->wish( (int) $visited['appointment_id'] ) ) );
		return array_key_exists( 'visit', $now ) && $now['visit'] !== $visited['visit'];
	}

	/**
	 * The meeting that rows ask for now, null for none.
	 *
	 * @return array<string, mixed>|null
	 */
	private function wish( int $id ): ?array {
		$appointment = $this->settled( $id );
		if ( null === $appointment || ! $appointment->wants_meeting() || ! People::are_there( $appointment ) ) {
			return null;
		}
		// What this process remembers of the connection is what it was given.
		$this->doctors->forget_cached( $appointment->doctor_id );
		return null === $this->doctors->provider_of( $appointment->doctor_id ) ? null : $this->visits->of( $appointment, ( $this->committed )() );
	}

	/**
	 * What rows say; null for appointments whose meeting, if any, is neither wanted nor refused.
	 *
	 * @return array<string, mixed>|null
	 */
	private function look( int $id, bool $verify ): ?array {
		$appointment = $this->settled( $id );
		$wanted      = null !== $appointment && $appointment->wants_meeting() && People::are_there( $appointment );
		if ( null !== $appointment && ! $wanted && ! $appointment->refuses_meeting() && People::are_there( $appointment ) ) {
			return null;
		}
		$served = $wanted && null !== $this->doctors->provider_of( $appointment->doctor_id ) ? $appointment : null;
		return $this->facts( $id, $appointment, null === $served ? null : $this->visits->of( $served, ( $this->committed )() ), $verify );
	}

	/**
	 * The extension's view of an appointment.
	 *
	 * @param int                       $id          Appointment.
	 * @param Appointment|null          $appointment Its row, if there is one.
	 * @param array<string, mixed>|null $visit       The meeting it should have.
	 * @param bool                      $verify      Look at the provider too.
	 * @return array<string, mixed>
	 */
	private function facts( int $id, ?Appointment $appointment, ?array $visit, bool $verify ): array {
		return array(
			'appointment_id' => $id,
			'gone'           => null === $appointment,
			'verify'         => $verify,
			'visit'          => $visit,
			'holder'         => $this->doctors->host( $this->holder( $id ) ?? $appointment->doctor_id ?? $this->attempted( $id ) ),
		);
	}

	/**
	 * What follows an outcome, whoever asked for it.
	 *
	 * @param int                  $id      Appointment.
	 * @param array<string, mixed> $visited What the extension was given.
	 * @param array<string, mixed> $outcome Its outcome.
	 */
	public function after( int $id, array $visited, array $outcome ): void {
		if ( 'ready' !== ( $outcome['state'] ?? '' ) ) {
			MeetingDesk::report( (string) ( $outcome['reason'] ?? '' ), (string) ( $outcome['message'] ?? '' ), $id );
		}
		MeetingDesk::announce( self::DONE_ACTION, $id, $outcome );
	}

	/**
	 * Ends the appointment's meeting whatever the rows say: its connection is about to go.
	 *
	 * @return array<string, mixed> The extension's outcome.
	 */
	public function end( int $appointment_id ): array {
		return $this->guarded(
			$appointment_id,
			fn(): array => $this->reconcile( $this->facts( $appointment_id, ( $this->committed )()->find( $appointment_id ), null, false ) )
		);
	}

	/**
	 * Calls the extension.
	 *
	 * @param array<string, mixed> $visited See facts().
	 * @return array<string, mixed>
	 */
	private function reconcile( array $visited ): array {
		$outcome = $this->bridge->reconcile( $visited );
		$this->after( (int) $visited['appointment_id'], $visited, $outcome );
		return $outcome;
	}

	/**
	 * The doctor whose connection made the meeting there is; null when there is none or it does not say.
	 */
	private function holder( int $appointment_id ): ?int {
		foreach ( Provider::cases() as $provider ) {
			$row   = $this->bridge->find_by_appointment( $provider->value, $appointment_id );
			$extra = json_decode( (string) ( $row['extra'] ?? '' ), true );
			if ( is_array( $extra ) && ! empty( $extra['doctor_id'] ) ) {
				return (int) $extra['doctor_id'];
			}
		}
		return null;
	}

	/**
	 * The doctor for whom a meeting was last attempted: of a booking that was rolled back nothing else is left.
	 */
	private function attempted( int $appointment_id ): int {
		$operations = $this->bridge->operations( $appointment_id );
		return (int) ( end( $operations )['doctor_id'] ?? 0 );
	}

	/**
	 * The committed row, null when there is none and none is on its way.
	 *
	 * @throws BridgeException While a booking holds the row; the next run sees how it ended.
	 */
	private function settled( int $id ): ?Appointment {
		$rows = ( $this->committed )();
		$row  = $rows->find( $id );
		if ( null !== $row || $rows->is_gone( $id ) ) {
			return $row;
		}
		return $rows->find( $id ) ?? throw new BridgeException( Failure::Store, 'the booking is not committed yet; it will be looked at again' );
	}

	/**
	 * Runs the work; a failure is reported and becomes an outcome.
	 *
	 * @param \Closure(): array<string, mixed> $work The work.
	 * @return array<string, mixed>
	 */
	private function guarded( int $id, \Closure $work ): array {
		try {
			return $work();
		} catch ( BridgeException $error ) {
			$failed = array( $error->failure->value, $error->getMessage() );
		} catch ( \Throwable $error ) {
			$failed = array( Failure::Internal->value, 'unexpected ' . $error::class );
		}
		MeetingDesk::report( $failed[0], $failed[1], $id );
		return array(
			'state'   => 'failed',
			'reason'  => $failed[0],
			'message' => $failed[1],
		);
	}
}
