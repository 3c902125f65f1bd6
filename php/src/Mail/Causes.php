<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Mail;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Site\Pause;

/**
 * Why links do not come, told once: one mail to the doctor and the administrator for each cause, not for each booking. A
 * cause ends when its doctor's meetings are made again; the next time it is told anew.
 */
final class Causes implements Registerable {

	/**
	 * Reasons that only a person can end, and whether they are the doctor's (true) or the whole clinic's.
	 */
	public const REASONS = array(
		'reauthorize'     => true,
		'scope'           => true,
		'host_not_found'  => true,
		'daily_limit'     => true,
		'rejected'        => true,
		'configuration'   => false,
		'client_refused'  => false,
		'account_refused' => false,
		'blocked'         => false,
		'vault'           => false,
	);

	/**
	 * Seconds after which an operation that is still tried again and again is told of, too.
	 */
	private const LONG = 3600;

	/**
	 * What happened in this request: cause key => [reason, message, doctor, appointment].
	 *
	 * @var array<string, array{string, string, int, int}>
	 */
	private array $seen = array();

	/**
	 * Reader of committed rows, made at first use.
	 *
	 * @var \Closure(): Appointments
	 */
	private readonly \Closure $committed;

	/**
	 * Outcomes of bookings in this request, by appointment.
	 *
	 * @var array<int, array<array-key, mixed>>
	 */
	private array $made = array();

	/**
	 * Parts.
	 *
	 * @param \Closure(): Appointments $committed Reader of committed rows.
	 */
	public function __construct( private readonly CauseBook $book, \Closure $committed ) {
		$this->committed = $committed;
	}

	public function register(): void {
		add_action( MeetingDesk::ERROR_ACTION, array( $this, 'note' ), 10, 3 );
		add_action( Reconciler::DONE_ACTION, array( $this, 'end' ), 10, 2 );
		add_action( MeetingDesk::MADE_ACTION, array( $this, 'made' ), 10, 2 );
		add_action( DoctorConnections::CHOSEN_ACTION, array( $this, 'connected' ), 10, 2 );
		add_action( Sweep::ACTION, array( $this, 'note_long_waits' ), 40, 0 );
		// After the response: inside KiviCare's transactions a rollback would undo what was remembered.
		add_action( 'shutdown', array( $this, 'work_off' ), 1200 );
		add_action( Sweep::ACTION, array( $this, 'tell' ), 95, 0 );
	}

	/**
	 * Notes a failure.
	 *
	 * @param mixed $reason         Error kind's name.
	 * @param mixed $message        Safe text with the remedy.
	 * @param mixed $appointment_id Appointment, 0 for none.
	 */
	public function note( $reason, $message, $appointment_id ): void {
		if ( isset( self::REASONS[ (string) $reason ] ) && (int) $appointment_id > 0 ) {
			$this->seen[ $reason . ':' . (int) $appointment_id ] = array( (string) $reason, (string) $message, 0, (int) $appointment_id );
		}
	}

	/**
	 * Notes a doctor's connection that needs the doctor.
	 */
	public function note_connection( int $doctor_id, string $reason, string $message ): void {
		$this->seen[ "{$reason}:d{$doctor_id}" ] = array( $reason, $message, $doctor_id, 0 );
	}

	/**
	 * Notes what has been waiting for long though it should pass by itself.
	 */
	public function note_long_waits(): void {
		if ( Pause::is_on() ) {
			return;
		}
		foreach ( ( $this->committed )()->long_waits( time() - self::LONG ) as $row ) {
			$this->seen[ "long:{$row['reason']}" ] = array( (string) $row['reason'], (string) $row['message'], 0, 0 );
		}
	}

	/**
	 * A meeting was made: what kept this doctor from it is over.
	 *
	 * @param mixed $appointment_id Appointment.
	 * @param mixed $outcome        The extension's outcome.
	 */
	public function end( $appointment_id, $outcome ): void {
		if ( ! OwnConnection::may_write() ) {
			$this->made( $appointment_id, $outcome );
			return;
		}
		if ( is_array( $outcome ) && 'ready' === ( $outcome['state'] ?? '' ) && (int) ( $outcome['operation_id'] ?? 0 ) > 0 && $this->book->is_open() ) {
			$visit = ( $this->committed )()->find( (int) $appointment_id );
			$this->book->close( $visit->doctor_id ?? 0 );
		}
	}

	/**
	 * A booking's meeting was made. The booking is not committed yet and may be rolled back, so its doctor is read later.
	 *
	 * @param mixed $appointment_id Appointment.
	 * @param mixed $outcome        The extension's outcome.
	 */
	public function made( $appointment_id, $outcome ): void {
		if ( is_array( $outcome ) && 'ready' === ( $outcome['state'] ?? '' ) ) {
			$this->made[ (int) $appointment_id ] = $outcome;
		}
	}

	/**
	 * A doctor connected: the next failure is told of anew.
	 */
	public function connected( int $doctor_id, Provider $provider ): void {
		$this->book->close( $doctor_id );
	}

	/**
	 * Mails what is new after the response.
	 */
	public function work_off(): void {
		if ( array() !== $this->made || array() !== $this->seen ) {
			AfterResponse::work( $this->tell( ... ) );
		}
	}

	/**
	 * Mails what is new.
	 */
	public function tell(): void {
		if ( Pause::is_on() ) {
			return;
		}
		$made       = $this->made;
		$this->made = array();
		foreach ( $made as $appointment_id => $outcome ) {
			$this->end( $appointment_id, $outcome );
		}
		$seen       = $this->seen;
		$this->seen = array();
		foreach ( $seen as list( $reason, $message, $doctor_id, $appointment_id ) ) {
			try {
				$doctor_id = $doctor_id > 0 ? $doctor_id : $this->doctor( $reason, $appointment_id );
				if ( $this->book->open( $reason, $doctor_id, $message ) ) {
					$this->mail( $reason, $message, $doctor_id );
				}
			} catch ( \Throwable ) {
				// Nobody must lose a page because a mail could not be sent.
				continue;
			}
		}
	}

	/**
	 * Whose cause it is: the doctor's, or 0 for the clinic's.
	 */
	private function doctor( string $reason, int $appointment_id ): int {
		if ( empty( self::REASONS[ $reason ] ) || 0 === $appointment_id ) {
			return 0;
		}
		return ( $this->committed )()->find( $appointment_id )->doctor_id ?? 0;
	}

	/**
	 * One mail to each who can do something.
	 */
	private function mail( string $reason, string $message, int $doctor_id ): void {
		$doctor  = $doctor_id > 0 ? get_userdata( $doctor_id ) : false;
		$site    = wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES );
		$subject = $doctor
			/* translators: 1: site name, 2: doctor's name. */
			? sprintf( __( '[%1$s] Video visits of %2$s wait for their links', 'kivicare-telemed' ), $site, $doctor->display_name )
			/* translators: %s: site name. */
			: sprintf( __( '[%s] Video visits wait for their links', 'kivicare-telemed' ), $site );
		$text = Remedy::of( $reason, $message ) . "\n\n"
			. __( 'Bookings go on and are kept. The links follow by themselves as soon as this is done, and patients get them by mail.', 'kivicare-telemed' )
			. "\n\n" . __( 'This is told once. It is told again only after it had been solved.', 'kivicare-telemed' );
		$to = array_filter( array( (string) get_option( 'admin_email' ), $doctor ? $doctor->user_email : '' ), static fn( string $address ): bool => false !== is_email( $address ) );
		foreach ( array_unique( $to ) as $address ) {
			wp_mail( $address, $subject, $text );
		}
	}
}
