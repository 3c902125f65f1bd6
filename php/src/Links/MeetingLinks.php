<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\Config\DoctorConnections;
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

	public function __construct(
		private readonly Appointments $appointments,
		private readonly DoctorConnections $doctors
	) {}

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
		$found         = array();
		foreach ( $this->appointments->meetings_between( ...$range ) as $row ) {
			$found[ (int) $row['id'] ][ (string) $row['provider'] ] = $row;
		}
		foreach ( $found as $id => $rows ) {
			$this->rows[ $id ] = $this->current( $rows, (int) reset( $rows )['doctor_id'] );
		}
		return $this->rows[ $appointment_id ] ?? null;
	}

	/**
	 * Of an appointment's meetings the one that counts. Two, or one while another is being made, mean that the doctor
	 * changes the provider: the former provider's is about to be deleted.
	 *
	 * @param non-empty-array<string, array<string, string|null>> $rows By provider; each says whether another meeting is being made (waiting).
	 * @return array<string, string|null> A row without meeting_id when the one that counts is not there yet.
	 */
	public function current( array $rows, int $doctor_id ): array {
		$awaits_another = '1' === (string) reset( $rows )['waiting'];
		if ( 1 === count( $rows ) && ! $awaits_another ) {
			return reset( $rows );
		}
		$provider = $this->doctors->provider_of( $doctor_id );
		return $rows[ $provider->value ?? '' ] ?? ( $awaits_another && null !== $provider ? array( 'meeting_id' => '', 'join_url' => '' ) + reset( $rows ) : reset( $rows ) );
	}

	/**
	 * A column for KiviCare's own query: whether the appointment's meeting is on its way.
	 */
	public function awaited_column( string $id ): string {
		return $this->appointments->is_awaited( $id );
	}
}
