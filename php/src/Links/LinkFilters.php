<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KCGMApp\models\KCGMAppointmentGoogleMeetMapping;
use KCTApp\models\KCTAppointmentZoomMapping;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Visits;

/**
 * Puts into KiviCare's answers the link of the person who asks: the host's for the assigned doctor and administrators,
 * the participants' for the patient, none for everybody else. Core's detail endpoints check no ownership (contract
 * §9.18), so this does.
 */
final class LinkFilters implements Registerable {

	private const ZOOM = 'kct_zoom';
	private const MEET = 'kct_meet';

	/**
	 * A list page brings its meetings along by a join; single questions must not be asked for each of its rows.
	 */
	private bool $in_list = false;

	public function __construct(
		private readonly PersonalLinks $personal,
		private readonly MeetingLinks $meetings
	) {}

	public function register(): void {
		add_action( 'kc_appointments_list_query', array( $this, 'join_meetings' ) );
		add_filter( 'kc_appointment_list_item', array( $this, 'list_item' ), 10, 2 );
		add_filter( 'kc_is_video_consultation', array( $this, 'is_video' ), 10, 2 );
		add_filter( 'kc_appointment_data', array( $this, 'detail' ), 10, 2 );
		add_filter( 'kc_appointment_details_data', array( $this, 'detail' ), 10, 2 );
		add_filter( 'kc_get_upcoming_appointment_data', array( $this, 'detail' ), 10, 2 );
	}

	/**
	 * Joins the mapping, so that a page of appointments stays one query.
	 *
	 * @param mixed $query KiviCare's builder.
	 */
	public function join_meetings( $query ): void {
		if ( ! is_object( $query ) || ! method_exists( $query, 'leftJoin' ) ) {
			return;
		}
		$this->in_list = true;
		// KiviCare keeps lists in a persistent cache for two minutes, which does not hear of the extension's rows.
		method_exists( $query, 'disableCache' ) && $query->disableCache();
		$query->leftJoin( KCTAppointmentZoomMapping::class, 'a.id', '=', self::ZOOM . '.appointment_id', self::ZOOM );
		$query->leftJoin( KCGMAppointmentGoogleMeetMapping::class, 'a.id', '=', self::MEET . '.appointment_id', self::MEET );
		$query->select(
			array(
				self::ZOOM . '.zoom_id AS kct_zoom_id',
				self::ZOOM . '.join_url AS kct_zoom_url',
				self::MEET . '.event_id AS kct_meet_id',
				self::MEET . '.url AS kct_meet_url',
				$this->meetings->awaited_column( 'a.id' ) . ' AS kct_waiting',
			)
		);
	}

	/**
	 * Adds the viewer's link to a row of the list.
	 *
	 * @param mixed $row         Row for the dashboard.
	 * @param mixed $appointment Model with the joined columns.
	 * @return mixed
	 */
	public function list_item( $row, $appointment ) {
		if ( ! is_array( $row ) || ! is_object( $appointment ) ) {
			return $row;
		}
		$waiting  = (string) ( $appointment->kct_waiting ?? '' );
		$meetings = array_filter(
			array(
				'zoom'       => array( 'meeting_id' => $appointment->kct_zoom_id ?? null, 'join_url' => $appointment->kct_zoom_url ?? null, 'waiting' => $waiting ),
				'googlemeet' => array( 'meeting_id' => $appointment->kct_meet_id ?? null, 'join_url' => $appointment->kct_meet_url ?? null, 'waiting' => $waiting ),
			),
			static fn( array $meeting ): bool => null !== $meeting['meeting_id']
		);
		$meetings = array() === $meetings ? array( '' => array( 'meeting_id' => '', 'join_url' => '', 'waiting' => $waiting ) ) : $meetings;
		$meeting  = $this->meetings->current( $meetings, (int) $appointment->doctorId );
		return $this->add( $row, (int) $appointment->id, (int) $appointment->doctorId, (int) $appointment->patientId, $meeting );
	}

	/**
	 * Whether the appointment has a meeting.
	 *
	 * @param mixed $value Answer so far.
	 * @param mixed $id    Appointment.
	 * @return mixed
	 */
	public function is_video( $value, $id ) {
		return $this->in_list ? $value : ( null !== $this->meetings->find( (int) $id ) ? true : $value );
	}

	/**
	 * Adds the viewer's link to a single appointment.
	 *
	 * @param mixed $data        Answer for the dashboard.
	 * @param mixed $appointment Model, or the id.
	 * @return mixed
	 */
	public function detail( $data, $appointment ) {
		$id  = (int) ( is_object( $appointment ) ? $appointment->id : $appointment );
		$row = is_array( $data ) ? $this->meetings->find( $id ) : null;
		if ( null === $row ) {
			return $data;
		}
		return $this->add( $data, $id, (int) $row['doctor_id'], (int) $row['patient_id'], $row );
	}

	/**
	 * Adds the keys that the dashboard reads (contract §3).
	 *
	 * @param array<string, mixed>  $row     Answer so far.
	 * @param array<string, string|null> $meeting meeting_id, join_url, waiting.
	 * @return array<string, mixed>
	 */
	private function add( array $row, int $id, int $doctor_id, int $patient_id, array $meeting ): array {
		$follows = '' === $meeting['meeting_id'];
		if ( $follows && empty( $meeting['waiting'] ) ) {
			return $row;
		}
		$row['video_consultation'] = true;
		$viewer                    = Viewer::current();
		$link                      = match ( true ) {
			$viewer->hosts( $doctor_id )  => Visits::start_link( $id ),
			// While the link follows, our own page says so, and leads on as soon as it is there.
			$viewer->joins( $patient_id ) => $follows || $this->personal->are_on() ? $this->personal->link( $id, $patient_id ) : $meeting['join_url'],
			default                       => '',
		};
		if ( '' !== $link ) {
			$row['video_url'] = $link;
			// The dashboard only looks whether it is there; it is never a provider's host link.
			$row['zoom_data'] = array( 'startUrl' => $link );
		}
		return $row;
	}
}
