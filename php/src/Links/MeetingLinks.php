<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\KiviCare\Appointments;

/**
 * Meetings of single appointments and of lists that bring none along. One query answers for the neighbours too: such
 * lists ask for one appointment after the other.
 */
final class MeetingLinks {

	/**
	 * Ids to each side that one query covers.
	 */
	private const NEIGHBOURS = 500;

	/**
	 * Rows found, by appointment.
	 *
	 * @var array<int, array<string, string|null>>
	 */
	private array $rows = array();

	/**
	 * Ranges asked for.
	 *
	 * @var list<array{int, int}>
	 */
	private array $asked = array();

	public function __construct( private readonly Appointments $appointments ) {}

	/**
	 * The appointment's meeting with its people.
	 *
	 * @return array<string, string|null>|null doctor_id, patient_id, meeting_id, join_url, waiting.
	 */
	public function find( int $appointment_id ): ?array {
		foreach ( $this->asked as list( $from, $to ) ) {
			if ( $appointment_id >= $from && $appointment_id <= $to ) {
				return $this->rows[ $appointment_id ] ?? null;
			}
		}
		$range         = array( $appointment_id - self::NEIGHBOURS, $appointment_id + self::NEIGHBOURS );
		$this->asked[] = $range;
		foreach ( $this->appointments->meetings_between( ...$range ) as $row ) {
			$this->rows[ (int) $row['id'] ] = $row;
		}
		return $this->rows[ $appointment_id ] ?? null;
	}

	/**
	 * A column for KiviCare's own query: whether the appointment's meeting is on its way.
	 */
	public function awaited_column( string $id ): string {
		return $this->appointments->is_awaited( $id );
	}
}
