<?php

declare(strict_types=1);

namespace App\controllers;

use App\baseClasses\KCTelemedFactory;
use App\models\KCAppointment;

/**
 * Deletions: no transaction, and the provider is asked only about appointments and doctors (contract §3.1).
 */
final class DeletionRoutes extends Routes {

	public static function register(): void {
		$staff = static fn(): bool => current_user_can( 'manage_options' ) || self::has_role( 'clinic_admin' ) || self::has_role( 'receptionist' );
		self::route( '/appointments/(?P<id>\d+)', 'DELETE', array( self::class, 'appointment' ), $staff );
		self::route( '/appointments/bulk/delete', 'POST', array( self::class, 'appointments' ), $staff );
		self::route( '/patients/(?P<id>\d+)', 'DELETE', array( self::class, 'patient' ), $staff );
		self::route( '/doctors/(?P<id>\d+)', 'DELETE', array( self::class, 'doctor' ), $staff );
	}

	public static function appointment( \WP_REST_Request $request ): \WP_REST_Response {
		self::remove( (int) $request->get_param( 'id' ) );
		return self::answer( true, 'Appointment deleted', array( 'id' => (int) $request->get_param( 'id' ) ), 200 );
	}

	public static function appointments( \WP_REST_Request $request ): \WP_REST_Response {
		array_map( static fn( $id ) => self::remove( (int) $id ), (array) $request->get_param( 'ids' ) );
		return self::answer( true, 'Appointments deleted', array(), 200 );
	}

	/**
	 * The rows first, then the hook, then the user; nobody asks the provider.
	 */
	public static function patient( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/user.php';
		$id = (int) $request->get_param( 'id' );
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'patient_id' => $id ) );
		do_action( 'kc_patient_delete', $id );
		wp_delete_user( $id );
		return self::answer( true, 'Patient deleted', array( 'id' => $id ), 200 );
	}

	/**
	 * The provider is asked for every appointment; of several rows only the first is deleted, as in the real plugin.
	 */
	public static function doctor( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/user.php';
		$id  = (int) $request->get_param( 'id' );
		$ids = $wpdb->get_col( $wpdb->prepare( "SELECT id FROM {$wpdb->prefix}kc_appointments WHERE doctor_id = %d", $id ) );
		foreach ( $ids as $appointment ) {
			try {
				KCTelemedFactory::get_provider_by_doctor_id( $id )?->cancel_meeting_by_appointment( $appointment );
			} catch ( \Exception ) {
				continue;
			}
		}
		if ( 1 === count( $ids ) ) {
			$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'id' => $ids[0] ) );
		}
		wp_delete_user( $id );
		return self::answer( true, 'Doctor deleted', array( 'id' => $id ), 200 );
	}

	/**
	 * No transaction and no catch: the service rows are gone before the provider is asked.
	 */
	private static function remove( int $id ): void {
		global $wpdb;
		$visit = KCAppointment::find( $id );
		$wpdb->delete( $wpdb->prefix . 'kc_appointment_service_mapping', array( 'appointment_id' => $id ) );
		KCTelemedFactory::get_provider_by_doctor_id( $visit->doctorId )?->cancel_meeting_by_appointment( $id );
		$visit->delete();
		do_action( 'kc_appointment_deleted', $id, $visit );
	}
}
