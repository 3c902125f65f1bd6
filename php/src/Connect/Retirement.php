<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Pause;

/**
 * Connecting one provider disconnects the other, as KiviCare's pages promise. Its tokens are still needed to move the
 * doctor's meetings over; when none is left they are revoked and deleted.
 */
final class Retirement implements Registerable {

	/**
	 * User meta: "<provider> <Unix time since when>".
	 */
	public const META = 'kivicare_telemed_retiring';

	/**
	 * Doctors in one run.
	 */
	private const BATCH = 20;

	/**
	 * Doctors whose change began in this request.
	 *
	 * @var list<int>
	 */
	private array $begun = array();

	public function __construct(
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection
	) {}

	public function register(): void {
		add_action( DoctorConnections::CHOSEN_ACTION, array( $this, 'begin' ), 10, 2 );
		// After the agenda has moved the meetings.
		add_action( 'shutdown', array( $this, 'work_off' ), 1100 );
		add_action( Sweep::ACTION, array( $this, 'run' ), 20 );
	}

	/**
	 * Retires the other connection, if there is one. A retirement of the chosen one is called off.
	 */
	public function begin( int $doctor_id, Provider $chosen ): void {
		$old = $chosen->other();
		delete_user_meta( $doctor_id, self::META );
		if ( $this->doctors->keeps_tokens( $old, $doctor_id ) ) {
			update_user_meta( $doctor_id, self::META, $old->value . ' ' . time() );
			$this->begun[] = $doctor_id;
		}
	}

	/**
	 * Finishes what began in this request, as far as the meetings have moved.
	 */
	public function work_off(): void {
		if ( Pause::is_on() ) {
			return;
		}
		$begun       = $this->begun;
		$this->begun = array();
		array() === $begun || AfterResponse::work( fn() => array_map( array( $this, 'finish' ), $begun ) );
	}

	/**
	 * Finishes what earlier requests began.
	 */
	public function run(): void {
		if ( Pause::is_on() ) {
			return;
		}
		// On a network only who retires a connection with this site: users' meta is shared.
		$waiting = array_map( 'intval', get_users( array( 'meta_key' => self::META, 'fields' => 'ID' ) ) );
		// Those whose meetings cannot move yet must not keep the others from their turn.
		shuffle( $waiting );
		array_map( array( $this, 'finish' ), array_slice( $waiting, 0, self::BATCH ) );
	}

	private function finish( int $doctor_id ): void {
		list( $id, $since ) = explode( ' ', get_user_meta( $doctor_id, self::META, true ) . ' 0' );
		$old                = Provider::tryFrom( $id );
		try {
			if ( null !== $old && $this->doctors->is_connected_elsewhere( $old, $doctor_id ) ) {
				return;
			}
			// After a day the old connection ends also with what could not be moved.
			if ( null !== $old && (int) $since > time() - DAY_IN_SECONDS && $this->disconnection->holds_meetings( $doctor_id, $old ) ) {
				return;
			}
			if ( null !== $old && $this->doctors->provider_of( $doctor_id ) !== $old ) {
				$this->disconnection->disconnect( $doctor_id, $old );
			}
			delete_user_meta( $doctor_id, self::META );
		} catch ( \Throwable $error ) {
			MeetingDesk::report( 'store', 'unexpected ' . $error::class, 0 );
		}
	}
}
