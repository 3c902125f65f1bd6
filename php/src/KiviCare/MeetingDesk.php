<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Makes a booking's meeting while KiviCare waits for it, inside KiviCare's transaction.
 *
 * Nothing is thrown: KiviCare catches neither \Error nor, on delete, \Exception, and leaves its transaction open. And
 * nothing is written on its connection, nor locked there: InnoDB ends a deadlock by rolling the whole booking back, and
 * KiviCare goes on and says that it was made.
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

	/**
	 * Meetings of this request's bookings, by provider and appointment.
	 *
	 * @var array<string, array<array-key, mixed>>
	 */
	private static array $made = array();

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Appointments $appointments,
		private readonly Visits $visits
	) {}

	/**
	 * Makes sure the appointment has its meeting.
	 *
	 * @param int $appointment_id KiviCare's id.
	 * @param int $minutes        Duration for rows without an end, 0 for the default.
	 * @return array{id: string, join_url: string, appointment_id: int}|true True when there is none (yet): the booking stands.
	 */
	public function create( int $appointment_id, int $minutes = 0 ): array|bool {
		try {
			$appointment = $this->appointments->find( $appointment_id );
			if ( null === $appointment || ! $appointment->wants_meeting() ) {
				return true;
			}
			return $this->result( $appointment_id, $this->bridge->create_meeting( $this->visits->of( $appointment, $this->appointments, $minutes ) ) );
		} catch ( BridgeException $error ) {
			self::report( $error->failure->value, $error->getMessage(), $appointment_id );
		} catch ( \Throwable $error ) {
			// The class only: the message of a foreign error may quote data.
			self::report( Failure::Internal->value, 'unexpected ' . $error::class, $appointment_id );
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
			self::$made[ $mapping['provider'] . ':' . $appointment_id ] = $mapping;
			self::announce( self::MADE_ACTION, $appointment_id, $outcome );
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
	 * The meeting that a booking of this request got. KiviCare asks for it a moment later, to mail its link, and nobody else
	 * would: the extension may not be able to answer by then.
	 *
	 * @return array<array-key, mixed>|null As Bridge::find_by_appointment().
	 */
	public static function just_made( string $provider, int $appointment_id ): ?array {
		return self::$made[ $provider . ':' . $appointment_id ] ?? null;
	}

	/**
	 * Tells listeners of a failure.
	 */
	public static function report( string $reason, string $message, int $appointment_id ): void {
		self::announce( self::ERROR_ACTION, $reason, $message, $appointment_id );
	}

	/**
	 * Fires an action; what listeners throw ends here.
	 */
	public static function announce( string $action, mixed ...$values ): void {
		try {
			do_action( $action, ...$values );
		} catch ( \Throwable ) {
			// A listener's failure must not roll back a booking, nor end a run.
			return;
		}
	}
}
