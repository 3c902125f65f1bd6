<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Calendar;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Agenda;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Site\Pause;

/**
 * Keeps KiviCare and doctors' Google calendars in agreement: looks where something may have changed, and lets the
 * reconciler see to the appointments concerned. KiviCare owns time and existence, Google owns the link.
 */
final class CalendarSync implements Registerable {

	/**
	 * Calendars in one run; more stay due for the next.
	 */
	private const BATCH = 200;

	/**
	 * Doctors whose calendars Google has told of in this request.
	 *
	 * @var array<int, true>
	 */
	private array $told = array();

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Agenda $agenda
	) {}

	public function register(): void {
		// Before the agenda, which then reconciles what a look has found.
		add_action( 'shutdown', array( $this, 'work_off' ), 900 );
		add_action( Sweep::ACTION, array( $this, 'run' ), 5 );
		add_action( DoctorConnections::CHOSEN_ACTION, array( $this, 'begin' ), 10, 2 );
	}

	/**
	 * Notes a doctor whose calendar is followed from now on: the first look opens the way for Google's messages, and does
	 * not wait for the visits that have to move.
	 */
	public function begin( int $doctor_id, Provider $provider ): void {
		Provider::GoogleMeet === $provider && $this->note( $doctor_id );
	}

	/**
	 * Notes that a doctor's calendar has changed.
	 */
	public function note( int $doctor_id ): void {
		$this->told[ $doctor_id ] = true;
	}

	/**
	 * Looks at the calendars Google has told of, after it has its answer.
	 */
	public function work_off(): void {
		if ( array() === $this->told || Pause::is_on() ) {
			return;
		}
		$told       = array_keys( $this->told );
		$this->told = array();
		AfterResponse::work( fn() => array_map( array( $this, 'pull' ), $told ) );
	}

	/**
	 * Looks at the calendars that are due, and reconciles.
	 *
	 * @return int How many calendars were looked at.
	 */
	public function run(): int {
		if ( Pause::is_on() ) {
			return 0;
		}
		$deadline = microtime( true ) + Schedule::patience();
		$looked   = array();
		do {
			try {
				$looks = $this->bridge->pull_due_calendars( self::BATCH );
			} catch ( BridgeException $error ) {
				MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
				break;
			}
			array_map( array( $this, 'take' ), $looks );
			$fresh   = array_filter( $looks, static fn( array $look ): bool => ! isset( $looked[ $look['doctor_id'] ] ) || ! empty( $look['unfinished'] ) );
			$looked += array_column( $looks, null, 'doctor_id' );
		} while ( array() !== $fresh && microtime( true ) < $deadline );
		return count( $looked );
	}

	/**
	 * Looks at one calendar now; the agenda reconciles afterwards.
	 *
	 * @return array<string, mixed> The extension's look.
	 */
	public function pull( int $doctor_id ): array {
		try {
			$look = $this->bridge->pull_calendar( $doctor_id );
		} catch ( BridgeException $error ) {
			$look = array( 'doctor_id' => $doctor_id, 'appointments' => array(), 'reason' => $error->failure->value, 'message' => $error->getMessage() );
		}
		$this->take( $look );
		return $look;
	}

	/**
	 * Notes the appointments of a look.
	 *
	 * @param array<string, mixed> $look Of the extension.
	 */
	private function take( array $look ): void {
		foreach ( $look['appointments'] as $id ) {
			$this->agenda->add( (int) $id, true );
		}
		if ( '' !== $look['reason'] ) {
			MeetingDesk::report( (string) $look['reason'], (string) $look['message'], 0 );
		}
	}
}
