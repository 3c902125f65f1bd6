<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Webhooks;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Agenda;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Pause;

/**
 * Does what Zoom's events ask for, after Zoom has its answer: it waits three seconds and no longer.
 */
final class EventDesk implements Registerable {

	/**
	 * Event => action of the original add-on, fired with (int $appointment_id, array $event).
	 *
	 * $event: event, event_ts (ms), meeting_id, time, person (id, host, at; no name) or null.
	 */
	private const ACTIONS = array(
		'meeting.started'            => 'kc_zoom_meeting_started',
		'meeting.ended'              => 'kc_zoom_meeting_ended',
		'meeting.participant_joined' => 'kc_zoom_participant_joined',
		'meeting.participant_left'   => 'kc_zoom_participant_left',
	);

	/**
	 * Accepted events and their raw bodies.
	 *
	 * @var list<array{array<string, mixed>, string}>
	 */
	private array $waiting = array();

	public function __construct(
		private readonly Bridge $bridge,
		private readonly EventLog $log,
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection,
		private readonly Settings $settings,
		private readonly Agenda $agenda
	) {}

	public function register(): void {
		// Before the agenda, which then reconciles what an event asks for.
		add_action( 'shutdown', array( $this, 'work_off' ), 900 );
		add_action( Sweep::ACTION, array( $this->log, 'purge' ) );
	}

	/**
	 * Takes an event whose signature was checked.
	 *
	 * @param array<string, mixed> $event The extension's reading.
	 * @param string               $body  Raw body.
	 */
	public function take( array $event, string $body ): void {
		$this->waiting[] = array( $event, $body );
	}

	/**
	 * Ends the response, then works.
	 */
	public function work_off(): void {
		if ( array() === $this->waiting ) {
			return;
		}
		$waiting       = $this->waiting;
		$this->waiting = array();
		AfterResponse::work( fn() => array_map( array( $this, 'work' ), $waiting ) );
	}

	/**
	 * Processes one event.
	 *
	 * @param array{array<string, mixed>, string} $accepted Event and raw body.
	 */
	private function work( array $accepted ): void {
		list( $event, $body ) = $accepted;
		try {
			null === $event['deauthorized'] ? $this->note( $event, $body ) : $this->deauthorize( $event['deauthorized'] );
		} catch ( \Throwable $error ) {
			MeetingDesk::report( 'webhook', 'unexpected ' . $error::class, 0 );
		}
	}

	/**
	 * Writes the event into the mapping and tells listeners.
	 *
	 * @param array<string, mixed> $event The extension's reading.
	 */
	private function note( array $event, string $body ): void {
		$noted = $this->bridge->note_webhook( $body );
		if ( null === $noted ) {
			return;
		}
		$id = (int) $noted['appointment_id'];
		if ( $noted['check'] ) {
			$this->agenda->add( $id, true );
		}
		$action = self::ACTIONS[ $event['event'] ] ?? null;
		// Listeners act, too: in a copy they must not.
		if ( null !== $action && ! Pause::is_on() ) {
			do_action( $action, $id, array_intersect_key( $event, array_flip( array( 'event', 'event_ts', 'meeting_id', 'time', 'person' ) ) ) );
		}
	}

	/**
	 * The doctor removed our app at Zoom: the tokens are dead, and Zoom wants the user's data deleted.
	 *
	 * @param array<string, string> $ended user_id, account_id, client_id.
	 */
	private function deauthorize( array $ended ): void {
		if ( $ended['client_id'] !== $this->settings->zoom()['client_id'] ) {
			return;
		}
		$doctor = $this->doctors->doctor_of_zoom_user( $ended['user_id'] );
		if ( $doctor > 0 ) {
			$this->disconnection->forget( $doctor, Provider::Zoom, true );
			MeetingDesk::report( 'reauthorize', "Zoom ended the connection of doctor {$doctor}; the doctor must connect again", 0 );
		}
	}
}
