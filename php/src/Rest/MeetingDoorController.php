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
use KiviCare\Telemed\Links\CurrentMeeting;
use KiviCare\Telemed\Links\PersonalLinks;
use KiviCare\Telemed\Links\SiteAddress;
use KiviCare\Telemed\Links\Viewer;
use KiviCare\Telemed\Mail\Remedy;
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

	/**
	 * Marks the start link that a form leads to: from here a page goes on, not a redirect.
	 */
	private const MADE = 'made';

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Appointments $appointments,
		private readonly DoctorConnections $doctors,
		private readonly Reconciler $reconciler,
		private readonly PersonalLinks $links,
		private readonly CurrentMeeting $meetings
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
		$refusal     = $this->refusal( $request, $appointment );
		if ( null !== $refusal || null === $appointment ) {
			return $refusal ?? $this->stranger();
		}
		if ( null !== $request->get_param( self::MADE ) ) {
			return $this->made( $appointment );
		}
		try {
			$host = $this->doctors->host( $appointment->doctor_id );
			$sent = $this->bridge->redirect_host( array( 'appointment_id' => $appointment->id ) + $host );
			if ( 'done' !== $sent['state'] ) {
				$awaited = 'not_found' === $sent['reason'] ? $this->meetings->awaited( $appointment ) : null;
				return null === $awaited ? $this->not_started( $appointment, $sent ) : $this->host_waits( $request, $appointment, $awaited );
			}
		} catch ( BridgeException $error ) {
			return Failure::Paused === $error->failure ? $this->paused( $appointment->id ) : $this->unavailable( $appointment->id, $error->getMessage() );
		}
		empty( $sent['token_refreshed'] ) || $this->doctors->forget_cached( $appointment->doctor_id );
		do_action( self::OPENED_ACTION, $appointment->id, $host );
		return Page::bare( 302 );
	}

	/**
	 * Makes a lost meeting anew. A form post with a nonce: it changes something.
	 */
	public function recreate( \WP_REST_Request $request ): \WP_REST_Response {
		$appointment = $this->appointments->find( (int) $request['id'] );
		// The login cookie alone could be used by a foreign site; WordPress knows the user only with the nonce.
		$refusal = 0 === get_current_user_id() ? $this->stranger() : $this->refusal( $request, $appointment );
		if ( null !== $refusal || null === $appointment ) {
			return $refusal ?? $this->stranger();
		}
		$outcome = $this->reconciler->run( $appointment->id, true );
		return 'ready' === $outcome['state']
			? Page::after_form( add_query_arg( self::MADE, '1', Visits::start_link( $appointment->id ) ) )
			: $this->unavailable( $appointment->id, (string) ( $outcome['message'] ?? '' ) );
	}

	/**
	 * Leads a patient into the waiting room, as soon as there is one. Where the clinic has not switched personal links on,
	 * this is where links lead that are late, and only the patient's own login opens it.
	 */
	public function join( \WP_REST_Request $request ): \WP_REST_Response {
		$appointment = $this->appointments->find( (int) $request['id'] );
		$signature   = $request->get_param( 'key' );
		if ( null === $appointment || ! is_string( $signature ) || ! $this->links->is_genuine( $appointment, $signature ) ) {
			return $this->refused( __( 'This link is not valid, or no longer valid. Open the appointment in your dashboard, or ask the clinic for a new link.', 'kivicare-telemed' ) );
		}
		$visitor = Gate::visitor();
		if ( Viewer::of( $visitor )->may_host( $appointment ) ) {
			return Page::redirect( Visits::start_link( $appointment->id ) );
		}
		if ( 0 !== $visitor && $visitor !== $appointment->patient_id ) {
			return $this->refused( __( 'This link belongs to another person. Log out, or use the link from your own appointment.', 'kivicare-telemed' ) );
		}
		if ( 0 === $visitor && ! $this->links->are_on() ) {
			$link = $this->links->link( $appointment->id, $appointment->patient_id );
			return OwnNavigation::once_from_elsewhere( $request, $link ) ?? $this->log_in( __( 'Log in as the patient of this appointment to open it.', 'kivicare-telemed' ), $link );
		}
		return $this->closed( $appointment ) ?? $this->enter( $request, $appointment );
	}

	/**
	 * Why the patient's door is closed now; null when it is open.
	 */
	private function closed( Appointment $appointment ): ?Page {
		return match ( true ) {
			$appointment->refuses_meeting()           => $this->sorry( 410, __( 'This appointment was cancelled, or it no longer takes place by video. Please ask the clinic if you did not expect that.', 'kivicare-telemed' ) ),
			! $appointment->wants_meeting()           => $this->sorry( 410, __( 'This video visit has not been confirmed yet, or it is over. Please ask the clinic if you did not expect that.', 'kivicare-telemed' ) ),
			$this->links->is_over( $appointment )     => $this->sorry( 410, __( 'This video visit is over. To see the doctor again, book another appointment.', 'kivicare-telemed' ) ),
			$this->links->are_on() && ! $this->links->is_open( $appointment ) => $this->sorry( 403, __( 'This link works from 24 hours before the appointment until its end.', 'kivicare-telemed' ) ),
			default                                   => null,
		};
	}

	/**
	 * Through the patient's door, or the page in front of it.
	 */
	private function enter( \WP_REST_Request $request, Appointment $appointment ): Page {
		try {
			$row = $this->meetings->find( $appointment );
		} catch ( BridgeException ) {
			$row = null;
		}
		return null !== $row ? Page::redirect( (string) $row['join_url'] ) : WaitingPage::page(
			$request,
			__( 'Your video visit is being prepared', 'kivicare-telemed' ),
			__( 'Your appointment is booked. Its video link is not ready yet. You do not need to do anything: you will get the link by e-mail, and you will find it in your dashboard. If the visit is about to begin, please call the clinic.', 'kivicare-telemed' ),
			$this->links->link( $appointment->id, $appointment->patient_id )
		);
	}

	/**
	 * Why the visitor may not start this meeting; null when nothing is against it.
	 */
	private function refusal( \WP_REST_Request $request, ?Appointment $appointment ): ?Page {
		$visitor = Gate::visitor();
		if ( 0 === $visitor ) {
			$link = Visits::start_link( (int) $request['id'] );
			return OwnNavigation::once_from_elsewhere( $request, $link ) ?? $this->log_in( __( 'Only the doctor of this appointment can start it. Log in, then open the link again.', 'kivicare-telemed' ), $link );
		}
		if ( null === $appointment || ! Viewer::of( $visitor )->may_host( $appointment ) ) {
			// The same for a missing appointment: ids tell nothing.
			return $this->stranger();
		}
		// The page's buttons need a nonce of this user.
		wp_set_current_user( $visitor );
		return $appointment->wants_meeting() ? null : $this->sorry( 410, __( 'This appointment is cancelled, closed or not a video visit. There is no meeting to start.', 'kivicare-telemed' ) );
	}

	private function log_in( string $text, string $link ): Page {
		return Page::message( 401, __( 'Log in first', 'kivicare-telemed' ), $text, array( __( 'Log in', 'kivicare-telemed' ) => wp_login_url( $link ) ) );
	}

	/**
	 * The provider gave no link, and none is on its way.
	 *
	 * @param array<string, mixed> $sent reason and message.
	 */
	private function not_started( Appointment $appointment, array $sent ): Page {
		return 'not_found' === $sent['reason'] ? $this->lost( $appointment ) : $this->unavailable( $appointment->id, (string) $sent['message'] );
	}

	/**
	 * The meeting has not been made yet.
	 *
	 * @param array<string, mixed> $awaited The operation that is to make it.
	 */
	private function host_waits( \WP_REST_Request $request, Appointment $appointment, array $awaited ): Page {
		$needs_a_person = 'parked' === $awaited['state'] && null === $awaited['resume_at'];
		$text           = $needs_a_person
			? Remedy::of( (string) $awaited['reason'], (string) $awaited['message'] )
			: __( 'The provider has not made the meeting yet. It is asked again until it has.', 'kivicare-telemed' );
		return WaitingPage::page( $request, __( 'The meeting is not ready yet', 'kivicare-telemed' ), $text, Visits::start_link( $appointment->id ) );
	}

	/**
	 * After the form: a link and a refresh lead on to the provider, which the form itself may not.
	 */
	private function made( Appointment $appointment ): Page {
		$link = Visits::start_link( $appointment->id );
		$page = Page::message( 200, __( 'The new meeting is ready', 'kivicare-telemed' ), __( 'You are being taken to the meeting. If nothing happens, choose the link below.', 'kivicare-telemed' ), array( __( 'Start the meeting', 'kivicare-telemed' ) => $link ) );
		return $page->leads_on( $link, 0 );
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
		)->with_button( __( 'Make a new meeting and start it', 'kivicare-telemed' ), SiteAddress::current()->rest( self::NAMESPACE . "/appointments/{$appointment->id}/recreate" ) );
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
		return Page::message( $status, __( 'You can\'t open this visit', 'kivicare-telemed' ), $text );
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
