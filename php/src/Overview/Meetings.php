<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

/**
 * Appointments with their meetings, for lists. No join link, passcode or patient is in it.
 */
final class Meetings {

	public function __construct( private readonly Tables $tables ) {}

	/**
	 * A page of meetings.
	 *
	 * Items: appointment_id, provider, meeting_id (empty while there is none), state (ready, in_flight, pending, parked,
	 * failed), doctor_id, doctor (name), clinic_id, status (KiviCare's, null when the appointment is gone), start, end
	 * (local, Y-m-d H:i:s), timezone, live (empty, started, ended), via (own, app, clinic or empty), host_opened_at,
	 * operation_id, kind, reason, message, attempts, resume_at (UTC) of the last operation, updated_at.
	 */
	public function page( Query $query ): Page {
		list( $rows, $total ) = $this->tables->meetings( $query );
		return new Page( array_map( array( self::class, 'item' ), $rows ), $total, $query->per_page );
	}

	/**
	 * The appointment's meetings; more than one while it moves between providers.
	 *
	 * @return list<array<string, mixed>>
	 */
	public function of_appointment( int $appointment_id, int $clinic_admin = 0 ): array {
		return $this->page( new Query( appointment_id: $appointment_id, clinic_admin: $clinic_admin ) )->items;
	}

	/**
	 * A row as an item.
	 *
	 * @param array<string, string|null> $row Of Tables::meetings().
	 * @return array<string, mixed>
	 */
	private static function item( array $row ): array {
		$extra = json_decode( (string) $row['extra'], true );
		$extra = is_array( $extra ) ? $extra : array();
		return array(
			'appointment_id' => (int) $row['appointment_id'],
			'provider'       => (string) $row['provider'],
			'meeting_id'     => (string) $row['meeting_id'],
			'state'          => (string) $row['state'],
			'doctor_id'      => (int) ( $row['visit_doctor_id'] ?? $row['operation_doctor_id'] ?? $extra['doctor_id'] ?? 0 ),
			'doctor'         => (string) $row['doctor'],
			'clinic_id'      => (int) $row['clinic_id'],
			'status'         => null === $row['status'] ? null : (int) $row['status'],
			'start'          => trim( "{$row['appointment_start_date']} {$row['appointment_start_time']}" ),
			'end'            => trim( "{$row['appointment_end_date']} {$row['appointment_end_time']}" ),
			'timezone'       => (string) $row['appointment_timezone'],
			'live'           => (string) ( $extra['status'] ?? '' ),
			'via'            => (string) ( $extra['via'] ?? '' ),
			'host_opened_at' => (string) ( $extra['opened_at'] ?? '' ),
			'operation_id'   => (int) $row['operation_id'],
			'kind'           => (string) $row['kind'],
			'reason'         => (string) $row['reason'],
			'message'        => (string) $row['message'],
			'attempts'       => (int) $row['attempts'],
			'resume_at'      => (string) $row['resume_at'],
			'updated_at'     => (string) $row['updated_at'],
		);
	}
}
