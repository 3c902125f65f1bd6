<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * Every event after which a meeting may not be what it should be any more. Listeners only note; see Agenda.
 *
 * KiviCare passes ids as text and models as arrays or null on some paths, hence the missing types.
 */
final class Triggers implements Registerable {

	/**
	 * Hooks whose first argument is the appointment's id.
	 */
	private const APPOINTMENT_HOOKS = array(
		'kc_after_create_appointment',
		'kc_appointment_updated',
		'kc_appointment_status_update',
		'kc_appointment_cancelled',
		'kc_appointment_deleted',
		'kc_appointment_payment_completed',
		'kc_appointment_payment_cancelled',
		'kivicare_before_payment_processed',
	);

	/**
	 * Hooks after which appointments are gone or have lost their people.
	 */
	private const SWEEPING_HOOKS = array( 'kc_clinic_delete', 'kc_patient_delete', 'deleted_user' );

	/**
	 * A doctor's metas that decide who serves the doctor.
	 */
	private const CONNECTION_METAS = array(
		DoctorConnections::ZOOM_TOKENS,
		DoctorConnections::ZOOM_CONNECT,
		DoctorConnections::ZOOM_SHARED,
		DoctorConnections::MEET_CONNECT,
		DoctorConnections::MEET_TOKENS,
		DoctorConnections::PROVIDER,
	);

	public function __construct(
		private readonly Agenda $agenda,
		private readonly Sweep $sweep,
		private readonly Disconnection $disconnection
	) {}

	public function register(): void {
		foreach ( self::APPOINTMENT_HOOKS as $hook ) {
			add_action( $hook, array( $this, 'note' ) );
		}
		foreach ( self::SWEEPING_HOOKS as $hook ) {
			add_action( $hook, array( $this, 'note_sweep' ) );
		}
		foreach ( array( 'added_user_meta', 'updated_user_meta', 'deleted_user_meta' ) as $hook ) {
			add_action( $hook, array( $this, 'note_connection' ), 10, 3 );
		}
		add_action( ZoomUsers::CHANGED_ACTION, array( $this, 'note_doctor' ) );
		foreach ( array( Settings::OPTION, GoogleSettings::OPTION ) as $option ) {
			add_action( "update_option_{$option}", array( $this, 'note_settings' ) );
		}
		// Before the user's metas, and with them the tokens, are gone.
		add_action( 'delete_user', array( $this, 'end_connection' ) );
	}

	/**
	 * Notes an appointment.
	 *
	 * @param mixed $appointment_id KiviCare's id.
	 */
	public function note( $appointment_id ): void {
		$this->agenda->add( is_numeric( $appointment_id ) ? (int) $appointment_id : 0 );
	}

	/**
	 * Notes a sweep: these hooks do not say which appointments are concerned.
	 */
	public function note_sweep(): void {
		$this->agenda->search( 'sweep', fn(): array => $this->sweep->out_of_line() );
	}

	/**
	 * Notes the future visits of a doctor whose connection changes.
	 *
	 * @param mixed $meta_ids Not used.
	 * @param mixed $user_id  The doctor.
	 * @param mixed $key      Meta key.
	 */
	public function note_connection( $meta_ids, $user_id, $key ): void {
		in_array( $key, self::CONNECTION_METAS, true ) && $this->note_doctor( (int) $user_id );
	}

	/**
	 * Notes the future visits of a doctor.
	 */
	public function note_doctor( int $doctor_id ): void {
		$this->agenda->search( 'doctor:' . $doctor_id, fn(): array => $this->sweep->of_doctor( $doctor_id ) );
	}

	/**
	 * Notes what waits for a person: the administrator may have just done what was asked.
	 */
	public function note_settings(): void {
		$this->agenda->search( 'parked', fn(): array => $this->sweep->parked() );
	}

	/**
	 * Ends a doctor's meetings and connection while that is still possible.
	 *
	 * @param mixed $user_id The user about to be deleted.
	 */
	public function end_connection( $user_id ): void {
		$this->disconnection->before_deletion( (int) $user_id );
	}
}
