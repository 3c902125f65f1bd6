<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Appointment;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Visits;
use KiviCare\Telemed\Links\PersonalLinks;
use KiviCare\Telemed\Links\Viewer;
use KiviCare\Telemed\Site\Pause;

/**
 * The doors into a meeting: the host's, which opens for the assigned doctor and administrators, and the patient's.
 */
final class MeetingDoorController implements Registerable {

	public const NAMESPACE = 'kivicare-telemed/v1';

	/**
	 * Fired with (int $appointment_id, array $host) when a host link was handed out.
	 */
	public const OPENED_ACTION = 'kivicare_telemed_host_link_opened';

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Appointments $appointments,
		private readonly DoctorConnections $doctors,
		private readonly Reconciler $reconciler,
		private readonly PersonalLinks $links
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		$one = '/appointments/(?P<id>\d+)';
		$this->route( $one . '/start', 'GET', 'start' );
		$this->route( $one . '/recreate', 'POST', 'recreate' );
		$this->route( $one . '/join', 'GET', 'join' );
	}

	/**
	 * Leads the host into the meeting with a link that the provider gives now.
	 */
	public function start( \WP_REST_Request $request ): \WP_REST_Response {
		$appointment = $this->appointments->find( (int) $request['id'] );
		$refusal     = $this->refusal( $appointment );
		if ( null !== $refusal || null === $appointment ) {
			return $refusal ?? $this->stranger();
		}
		try {
			$host = $this->doctors->host( $appointment->doctor_id );
			$sent = $this->bridge->redirect_host( array( 'appointment_id' => $appointment->id ) + $host );
		} catch ( BridgeException $error ) {
			return Failure::Paused === $error->failure ? $this->paused( $appointment->id ) : $this->unavailable( $appointment->id, $error->getMessage() );
		}
		if ( 'done' === $sent['state'] ) {
			empty( $sent['token_refreshed'] ) || $this->doctors->forget_cached( $appointment->doctor_id );
			do_action( self::OPENED_ACTION, $appointment->id, $host );
			return Page::bare( 302 );
		}
		if ( 'not_found' === $sent['reason'] && $this->follows( $appointment->id ) ) {
			return $this->unavailable( $appointment->id, __( 'The link follows: the provider has not made the meeting yet, and is asked again until it has.', 'kivicare-telemed' ) );
		}
		return 'not_found' === $sent['reason'] ? $this->lost( $appointment ) : $this->unavailable( $appointment->id, (string) $sent['message'] );
	}

	/**
	 * Makes a lost meeting anew. A form post with a nonce: it changes something.
	 */
	public function recreate( \WP_REST_Request $request ): \WP_REST_Response {
		$appointment = $this->appointments->find( (int) $request['id'] );
		// The login cookie alone could be used by a foreign site; WordPress knows the user only with the nonce.
		$refusal = 0 === get_current_user_id() ? $this->stranger() : $this->refusal( $appointment );
		if ( null !== $refusal || null === $appointment ) {
			return $refusal ?? $this->stranger();
		}
		$outcome = $this->reconciler->run( $appointment->id, true );
		return 'ready' === $outcome['state']
			? Page::redirect( Visits::start_link( $appointment->id ) )
			: $this->unavailable( $appointment->id, (string) ( $outcome['message'] ?? '' ) );
	}

	/**
	 * Leads a patient with a personal link into the waiting room.
	 */
	public function join( \WP_REST_Request $request ): \WP_REST_Response {
		$appointment = $this->appointments->find( (int) $request['id'] );
		$row         = null;
		try {
			$row = null === $appointment ? null : $this->row( $appointment->id );
		} catch ( BridgeException $error ) {
			return $this->sorry( 503, $error->getMessage() );
		}
		$signature = $request->get_param( 'key' );
		if ( null === $appointment || ! is_string( $signature ) || ! $this->links->is_genuine( $appointment, $signature ) ) {
			return $this->refused( __( 'This link is not valid, or not any more. Open the appointment in your dashboard, or ask the clinic for a new link.', 'kivicare-telemed' ) );
		}
		$visitor = Gate::visitor();
		if ( Viewer::of( $visitor )->may_host( $appointment ) ) {
			return Page::redirect( Visits::start_link( $appointment->id ) );
		}
		if ( 0 !== $visitor && $visitor !== $appointment->patient_id ) {
			return $this->refused( __( 'This link belongs to another person. Log out, or use the link from your own appointment.', 'kivicare-telemed' ) );
		}
		if ( ! $appointment->wants_meeting() ) {
			return $this->sorry( 410, __( 'This appointment does not take place as a video visit. Ask the clinic if that is a surprise.', 'kivicare-telemed' ) );
		}
		if ( ! $this->links->is_open( $appointment ) ) {
			return $this->sorry( 403, __( 'This link works from 24 hours before the appointment until its end.', 'kivicare-telemed' ) );
		}
		return null === $row
			? $this->sorry( 503, __( 'The meeting is being prepared. Open this link again in a few minutes, or ask the clinic.', 'kivicare-telemed' ) )
			: Page::redirect( (string) $row['join_url'] );
	}

	/**
	 * Why the visitor may not start this meeting; null when nothing is against it.
	 */
	private function refusal( ?Appointment $appointment ): ?Page {
		$visitor = Gate::visitor();
		if ( 0 === $visitor ) {
			return Page::message(
				401,
				__( 'Log in first', 'kivicare-telemed' ),
				__( 'Only the doctor of this appointment can start it. Log in, then open the link again.', 'kivicare-telemed' ),
				array( __( 'Log in', 'kivicare-telemed' ) => wp_login_url() )
			);
		}
		if ( null === $appointment || ! Viewer::of( $visitor )->may_host( $appointment ) ) {
			// The same for a missing appointment: ids tell nothing.
			return $this->stranger();
		}
		// The page's buttons need a nonce of this user.
		wp_set_current_user( $visitor );
		return $appointment->wants_meeting() ? null : $this->sorry( 410, __( 'This appointment is cancelled, closed or not a video visit. There is no meeting to start.', 'kivicare-telemed' ) );
	}

	/**
	 * The appointment's mapping, whoever made it.
	 *
	 * @return array<string, mixed>|null
	 */
	private function row( int $appointment_id ): ?array {
		foreach ( Provider::cases() as $provider ) {
			$row = $this->bridge->find_by_appointment( $provider->value, $appointment_id );
			if ( null !== $row ) {
				return $row;
			}
		}
		return null;
	}

	/**
	 * Whether the appointment's meeting is on its way.
	 */
	private function follows( int $appointment_id ): bool {
		try {
			$waiting = array_filter( $this->bridge->operations( $appointment_id ), static fn( array $operation ): bool => 'create' === $operation['kind'] && in_array( $operation['state'], array( 'in_flight', 'pending', 'parked' ), true ) );
			return array() !== $waiting && null === $this->row( $appointment_id );
		} catch ( BridgeException ) {
			return false;
		}
	}

	/**
	 * Google's link needs nobody; Zoom's host link is made at the click, which a paused site does not do.
	 */
	private function paused( int $id ): Page {
		try {
			$row = $this->bridge->find_by_appointment( Provider::GoogleMeet->value, $id );
		} catch ( BridgeException ) {
			$row = null;
		}
		return null !== $row && '' !== (string) $row['join_url'] ? Page::redirect( (string) $row['join_url'] ) : $this->unavailable( $id, Pause::text() );
	}

	private function stranger(): Page {
		return $this->refused( __( 'Only the doctor of this appointment can do this. Patients find their link in the appointment or in their mail.', 'kivicare-telemed' ) );
	}

	private function refused( string $text ): Page {
		do_action( Gate::REFUSED_ACTION );
		return $this->sorry( 403, $text );
	}

	private function lost( Appointment $appointment ): Page {
		return Page::message(
			404,
			__( 'The meeting is gone', 'kivicare-telemed' ),
			__( 'The provider has no meeting for this appointment any more: it was deleted there, or it has expired. A new one can be made now; the patient then needs the new link.', 'kivicare-telemed' )
		)->with_button( __( 'Make a new meeting and start it', 'kivicare-telemed' ), rest_url( self::NAMESPACE . "/appointments/{$appointment->id}/recreate" ) );
	}

	private function unavailable( int $id, string $why ): Page {
		$page = Page::message(
			503,
			__( 'The meeting cannot be started just now', 'kivicare-telemed' ),
			trim( $why . ' ' ) . ' ' . __( 'Try again in a moment.', 'kivicare-telemed' ),
			array( __( 'Try again', 'kivicare-telemed' ) => Visits::start_link( $id ) )
		);
		$page->header( 'Retry-After', '15' );
		return $page;
	}

	private function sorry( int $status, string $text ): Page {
		return Page::message( $status, __( 'No way in here', 'kivicare-telemed' ), $text );
	}

	private function route( string $path, string $methods, string $callback ): void {
		register_rest_route(
			self::NAMESPACE,
			$path,
			array(
				'methods'             => $methods,
				'callback'            => array( $this, $callback ),
				'permission_callback' => array( Gate::class, 'browser' ),
			)
		);
	}
}
