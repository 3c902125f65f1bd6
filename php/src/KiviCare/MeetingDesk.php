<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Turns "this appointment" into calls of the extension.
 *
 * Nothing is thrown: KiviCare catches neither \Error nor, on delete, \Exception, and leaves its transaction open.
 */
final class MeetingDesk {

	/**
	 * Fired with (string $reason, string $message, int $appointment_id) when a call failed. The text is safe to show.
	 */
	public const ERROR_ACTION = 'kivicare_telemed_error';

	private const DEFAULT_MINUTES = 30;

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Appointments $appointments,
		private readonly DoctorConnections $doctors,
		private readonly JournalFallback $journal
	) {}

	/**
	 * Makes sure the appointment has its meeting.
	 *
	 * @param int $appointment_id KiviCare's id.
	 * @param int $minutes        Duration for rows without an end.
	 * @return array{id: string, join_url: string, appointment_id: int}|true True when there is none (yet): the booking stands.
	 */
	public function create( int $appointment_id, int $minutes = self::DEFAULT_MINUTES ): array|bool {
		$visit = null;
		try {
			$appointment = $this->appointments->find( $appointment_id );
			if ( null === $appointment || ! $appointment->wants_meeting() ) {
				return true;
			}
			$visit   = $this->visit( $appointment, $minutes );
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
	 * Makes sure the appointment has no meeting. The doctor may have changed provider since.
	 */
	public function cancel( int $appointment_id ): bool {
		try {
			$doctor_id = (int) $this->appointments->find( $appointment_id )?->doctor_id;
			$outcome   = $this->bridge->cancel_meeting(
				array( 'appointment_id' => $appointment_id ) + $this->doctors->host( $doctor_id )
			);
			$this->after_call( $doctor_id, $outcome );
		} catch ( BridgeException $error ) {
			$this->report( $error->failure->value, $error->getMessage(), $appointment_id );
		} catch ( \Throwable $error ) {
			$this->report( Failure::Internal->value, 'unexpected ' . $error::class, $appointment_id );
		}
		return true;
	}

	/**
	 * What the extension needs to know. KiviCare's own start time and zone arguments are wrong on several paths.
	 *
	 * @return array<string, mixed>
	 */
	private function visit( Appointment $appointment, int $minutes ): array {
		return array(
			'appointment_id'    => $appointment->id,
			'start'             => $appointment->start,
			'timezone'          => $appointment->timezone,
			'fallback_timezone' => $this->doctor_timezone( $appointment->doctor_id ),
			'duration_minutes'  => $appointment->duration( $minutes > 0 ? $minutes : self::DEFAULT_MINUTES ),
			// Neutral: service names can tell a diagnosis, and Zoom shows the topic in mails and lists.
			'topic'             => __( 'Video consultation', 'kivicare-telemed' ),
			'start_url'         => rest_url( "kivicare-telemed/v1/appointments/{$appointment->id}/start" ),
		) + $this->doctors->host( $appointment->doctor_id );
	}

	/**
	 * The doctor's zone as KiviCare determines it.
	 */
	private function doctor_timezone( int $doctor_id ): string {
		$zone = (string) get_user_meta( $doctor_id, 'timezone', true );
		return in_array( $zone, timezone_identifiers_list(), true ) ? $zone : wp_timezone_string();
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
			return array(
				'id'             => (string) $mapping['meeting_id'],
				'join_url'       => (string) $mapping['join_url'],
				'appointment_id' => $appointment_id,
			);
		}
		$this->report( (string) ( $outcome['reason'] ?? '' ), (string) ( $outcome['message'] ?? '' ), $appointment_id );
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
		$this->report( $failure->value, $message, $appointment_id );
	}

	private function report( string $reason, string $message, int $appointment_id ): void {
		try {
			do_action( self::ERROR_ACTION, $reason, $message, $appointment_id );
		} catch ( \Throwable ) {
			// A listener's failure must not roll back a booking.
			return;
		}
	}
}
