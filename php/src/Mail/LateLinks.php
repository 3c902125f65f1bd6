<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Mail;

use App\emails\KCEmailSender;
use App\emails\listeners\KCAppointmentNotificationListener;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Links\PersonalLinks;
use KiviCare\Telemed\Site\Pause;

/**
 * Mails links that came after the booking, or changed since, through KiviCare's own sender and templates: KiviCare itself
 * sends them only from within a booking, and none at all when the link is not there at that moment (contract §8).
 */
final class LateLinks implements Registerable {

	/**
	 * Appointments whose mails a sweep sends at most.
	 */
	private const BATCH = 100;

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
		private readonly PersonalLinks $personal,
		\Closure $committed
	) {
		$this->committed = $committed;
	}

	public function register(): void {
		add_action( Reconciler::DONE_ACTION, array( $this, 'after' ), 20, 2 );
		add_action( Sweep::ACTION, array( $this, 'run' ), 30, 0 );
	}

	/**
	 * Mails the link that has just come.
	 *
	 * @param mixed $appointment_id Appointment.
	 * @param mixed $outcome        The extension's outcome.
	 */
	public function after( $appointment_id, $outcome ): void {
		if ( Pause::is_on() ) {
			return;
		}
		$mapping = is_array( $outcome ) ? $outcome['mapping'] ?? null : null;
		// Inside a transaction the mails could be lost with it; the link stays owed, and the sweep mails it.
		if ( OwnConnection::may_write() && is_array( $mapping ) && ! empty( $mapping['owes_link'] ) ) {
			$this->send( Provider::from( (string) $mapping['provider'] ), (int) $appointment_id );
		}
	}

	/**
	 * Mails links whose process died before it could.
	 */
	public function run(): void {
		if ( Pause::is_on() ) {
			return;
		}
		foreach ( ( $this->committed )()->owed_links( time(), self::BATCH ) as $row ) {
			$this->send( Provider::from( (string) $row['provider'] ), (int) $row['appointment_id'] );
		}
	}

	/**
	 * Mails one appointment's link to patient and doctor. A failure leaves it owed; it is tried again in ten minutes.
	 */
	private function send( Provider $provider, int $id ): void {
		try {
			if ( ! $this->bridge->claim_link( $provider->value, $id ) ) {
				return;
			}
			if ( $this->mail( $provider, $id ) ) {
				$this->bridge->settle_link( $provider->value, $id );
			}
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), $id );
		} catch ( \Throwable $error ) {
			MeetingDesk::report( 'mail', 'unexpected ' . $error::class, $id );
		}
	}

	/**
	 * Whether the matter is done with: both mails are with KiviCare, or nobody is to get one any more.
	 */
	private function mail( Provider $provider, int $id ): bool {
		$row   = $this->bridge->find_by_appointment( $provider->value, $id );
		$visit = ( $this->committed )()->find( $id );
		if ( null !== $row && null === $visit ) {
			// A row that could not be read is not one that is gone.
			return ( $this->committed )()->is_gone( $id );
		}
		if ( null === $row || ! $visit->wants_meeting() || ! class_exists( KCEmailSender::class ) ) {
			return true;
		}
		$data = KCAppointmentNotificationListener::get_instance()->getAppointmentDataForEmail( $id );
		if ( ! is_array( $data ) ) {
			return false;
		}
		$data['meet_event_link'] = (string) $row['start_url'];
		$type                    = Provider::Zoom === $provider ? 'zoom' : 'meet';
		$patient                 = $this->personal->are_on() ? $this->personal->link( $id, $visit->patient_id ) : (string) $row['join_url'];
		$sender                  = KCEmailSender::get_instance();
		$to_patient              = $sender->sendVideoConferenceLink( $type, $data, $patient, 'patient' );
		// The doctor's template is about the participants' link too: the host's is made at the click.
		$to_doctor = $sender->sendVideoConferenceLink( $type, $data, (string) $row['join_url'], 'doctor' );
		do_action( 'kivicare_telemed_link_mailed', $id, $to_patient, $to_doctor );
		return true;
	}
}
