<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Calendar;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Visits;
use KiviCare\Telemed\Site\Pause;

/**
 * Tells a doctor by mail when a change made at the provider was undone: otherwise the event would seem to move by
 * itself. Names no patient.
 */
final class ChangeNotice implements Registerable {

	/**
	 * Reader of committed rows, made at first use.
	 *
	 * @var \Closure(): Appointments
	 */
	private readonly \Closure $committed;

	/**
	 * Parts.
	 *
	 * @param \Closure(): Appointments $committed Reader of committed rows.
	 */
	public function __construct( \Closure $committed ) {
		$this->committed = $committed;
	}

	public function register(): void {
		add_action( Reconciler::DONE_ACTION, array( $this, 'tell' ), 10, 2 );
	}

	/**
	 * Mails the doctor.
	 *
	 * @param mixed $appointment_id Appointment.
	 * @param mixed $outcome        The extension's outcome.
	 */
	public function tell( $appointment_id, $outcome ): void {
		if ( Pause::is_on() ) {
			return;
		}
		$what        = is_array( $outcome ) ? $this->text( (string) ( $outcome['mended'] ?? '' ) ) : null;
		$appointment = null === $what ? null : ( $this->committed )()->find( (int) $appointment_id );
		$doctor      = null === $appointment ? false : get_userdata( $appointment->doctor_id );
		if ( null === $appointment || ! $doctor ) {
			return;
		}
		$starts = $appointment->starts_at( Visits::doctor_timezone( $appointment->doctor_id ) );
		$when   = (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $starts->getTimestamp(), $starts->getTimezone() );
		wp_mail(
			$doctor->user_email,
			/* translators: 1: site name, 2: appointment number. */
			sprintf( __( '[%1$s] Your change of video visit #%2$d', 'kivicare-telemed' ), wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES ), $appointment->id ),
			implode(
				"\n\n",
				array(
					/* translators: 1: appointment number, 2: date and time. */
					sprintf( __( 'Video visit #%1$d, %2$s:', 'kivicare-telemed' ), $appointment->id, $when ),
					$what,
					__( 'To move or cancel a visit, use the appointment in the clinic\'s dashboard: the patient is told from there.', 'kivicare-telemed' ),
				)
			)
		);
	}

	/**
	 * What happened; null for what a doctor need not know.
	 */
	private function text( string $mended ): ?string {
		return match ( $mended ) {
			'moved_back' => __( 'You moved the event in your calendar. It is back at the time the patient knows.', 'kivicare-telemed' ),
			'restored'   => __( 'You deleted the meeting, but the visit still takes place. The meeting is there again.', 'kivicare-telemed' ),
			'closed'     => __( 'You opened the meeting to others. It is private again.', 'kivicare-telemed' ),
			'left'       => __( 'The event is changed again and again, perhaps by another program. It is left as it is now and may differ from the time the patient knows. Please check it.', 'kivicare-telemed' ),
			default      => null,
		};
	}
}
