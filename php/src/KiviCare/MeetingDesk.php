<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Makes a booking's meeting while KiviCare waits for it, inside KiviCare's transaction.
 *
 * Nothing is thrown: KiviCare catches neither \Error nor, on delete, \Exception, and leaves its transaction open.
 */
final class MeetingDesk {

	/**
	 * Fired with (string $reason, string $message, int $appointment_id) when a call failed. The text is safe to show.
	 */
	public const ERROR_ACTION = 'kivicare_telemed_error';

	/**
	 * Fired with (int $appointment_id, array $outcome) when a booking has its meeting.
	 */
	public const MADE_ACTION = 'kivicare_telemed_meeting_made';

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Appointments $appointments,
		private readonly DoctorConnections $doctors,
		private readonly Visits $visits,
		private readonly JournalFallback $journal
	) {}

	/**
	 * Makes sure the appointment has its meeting.
	 *
	 * @param int $appointment_id KiviCare's id.
	 * @param int $minutes        Duration for rows without an end, 0 for the default.
	 * @return array{id: string, join_url: string, appointment_id: int}|true True when there is none (yet): the booking stands.
	 */
	public function create( int $appointment_id, int $minutes = 0 ): array|bool {
		$visit = null;
		try {
			$appointment = $this->appointments->find( $appointment_id );
			if ( null === $appointment || ! $appointment->wants_meeting() ) {
				return true;
			}
			$visit   = $this->visits->of( $appointment, $this->appointments, $minutes );
			$outcome = $this->bridge->create_meeting( $visit );
			$this->after_call( $appointment->doctor_id, $outcome );
			return $this->result( $appointment_id, $outcome );
		} catch ( BridgeException $error ) {
			$this->set_back( $appointment_id, $visit, $error->failure, $error->getMessage() );
		} catch ( \Throwable $error ) {
			// The class only: the message of a foreign error may quote data.
			$this->set_back( $appointment_id, $visit, Failure::Internal, 'unexpected ' . $error::class );
		}
		return true;
	}

	/**
	 * Return value for KiviCare.
	 *
	 * @param array<string, mixed> $outcome The extension's answer.
	 * @return array{id: string, join_url: string, appointment_id: int}|true
	 */
	private function result( int $appointment_id, array $outcome ): array|bool {
		$mapping = $outcome['mapping'] ?? null;
		if ( 'ready' === ( $outcome['state'] ?? '' ) && is_array( $mapping ) ) {
			do_action( self::MADE_ACTION, $appointment_id, $outcome );
			return array(
				'id'             => (string) $mapping['meeting_id'],
				'join_url'       => (string) $mapping['join_url'],
				'appointment_id' => $appointment_id,
			);
		}
		self::report( (string) ( $outcome['reason'] ?? '' ), (string) ( $outcome['message'] ?? '' ), $appointment_id );
		return true;
	}

	/**
	 * Forgets cached meta when the extension rotated the doctor's tokens.
	 *
	 * @param array<string, mixed> $outcome The extension's answer.
	 */
	private function after_call( int $doctor_id, array $outcome ): void {
		if ( ! empty( $outcome['token_refreshed'] ) ) {
			$this->doctors->forget_cached( $doctor_id );
		}
	}

	/**
	 * Keeps a failed create for a later run.
	 *
	 * @param array<string, mixed>|null $visit Null when the appointment could not even be read.
	 */
	private function set_back( int $appointment_id, ?array $visit, Failure $failure, string $message ): void {
		if ( null !== $visit && ! $this->journal->keep( $visit, $failure, $message ) ) {
			$message .= '; the meeting could not be noted for later either';
		}
		self::report( $failure->value, $message, $appointment_id );
	}

	/**
	 * Tells listeners of a failure.
	 */
	public static function report( string $reason, string $message, int $appointment_id ): void {
		try {
			do_action( self::ERROR_ACTION, $reason, $message, $appointment_id );
		} catch ( \Throwable ) {
			// A listener's failure must not roll back a booking.
			return;
		}
	}
}
