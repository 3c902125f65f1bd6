<?php

declare(strict_types=1);

namespace App\controllers;

use App\baseClasses\KCTelemedFactory;

/**
 * Booking, status and delete with the real order of events (contract §2.3, §2.4, §3.1).
 */
final class AppointmentRoutes {

	public static function register(): void {
		$may = static fn(): bool => is_user_logged_in();
		$one = '/appointments/(?P<id>\d+)';
		self::route( '/appointments', 'POST', array( self::class, 'create' ), $may );
		self::route( $one . '/status', 'PUT', array( self::class, 'status' ), $may );
		self::route( $one, 'DELETE', array( self::class, 'delete' ), $may );
	}

	/**
	 * Contract §7: nobody gets to kivicare/v* without a user or a client id.
	 */
	public static function refuse_anonymous( $result, $server, \WP_REST_Request $request ) {
		$guarded = str_starts_with( $request->get_route(), '/kivicare/v' );
		$known   = is_user_logged_in() || $request->get_header( 'X-KC-Client-ID' );
		return $guarded && ! $known ? new \WP_Error( 'kc_unauthorized', 'Unauthorized', array( 'status' => 401 ) ) : $result;
	}

	public static function create( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		if ( ! isKiviCareTelemedActive() ) {
			return self::answer( false, 'Telemed add-on is not active', array(), 400 );
		}
		try {
			$wpdb->query( 'START TRANSACTION' );
			$row = self::insert( $request );
			if ( 2 !== $row['status'] ) {
				self::meet( $row );
				do_action( 'kc_after_create_appointment', $row['id'], $row, $request );
			}
			$wpdb->query( 'COMMIT' );
			$data = array(
				'appointment_id'         => $row['id'],
				'appointment_start_date' => $row['appointmentStartDate'],
				'appointment_start_time' => $row['appointmentStartTime'],
				'status'                 => $row['status'],
			);
			return self::answer( true, 'Appointment created successfully', $data, 201 );
		} catch ( \Throwable $error ) {
			$wpdb->query( 'ROLLBACK' );
			$message = 'Failed to create appointment: ' . $error->getMessage();
			return self::answer( false, $message, array( 'error' => $error->getMessage() ), 1 === $error->getCode() ? 400 : 500 );
		}
	}

	public static function status( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		$id     = (int) $request->get_param( 'id' );
		$status = (int) $request->get_param( 'status' );
		$wpdb->update( $wpdb->prefix . 'kc_appointments', array( 'status' => $status ), array( 'id' => $id ) );
		if ( 0 === $status ) {
			do_action( 'kc_appointment_cancelled', $id );
		}
		do_action( 'kc_appointment_status_update', $id, $status, null );
		return self::answer( true, 'Status updated', array( 'id' => $id ), 200 );
	}

	/**
	 * No transaction and no catch: the service rows are gone before the provider is asked.
	 */
	public static function delete( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		$id     = (int) $request->get_param( 'id' );
		$doctor = $wpdb->get_var( $wpdb->prepare( "SELECT doctor_id FROM {$wpdb->prefix}kc_appointments WHERE id = %d", $id ) );
		$wpdb->delete( $wpdb->prefix . 'kc_appointment_service_mapping', array( 'appointment_id' => $id ) );
		KCTelemedFactory::get_provider_by_doctor_id( $doctor )?->cancel_meeting_by_appointment( $id );
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'id' => $id ) );
		do_action( 'kc_appointment_deleted', $id, null );
		return self::answer( true, 'Appointment deleted', array( 'id' => $id ), 200 );
	}

	/**
	 * @return array<string, mixed> The row with camelCase names, as listeners get it.
	 */
	private static function insert( \WP_REST_Request $request ): array {
		global $wpdb;
		$mappings = array_map( 'intval', (array) $request->get_param( 'serviceId' ) );
		$zone     = (string) ( $request->get_param( 'timezone' ) ?: 'UTC' );
		$start    = new \DateTimeImmutable( $request->get_param( 'appointmentStartDate' ) . ' ' . $request->get_param( 'appointmentStartTime' ) );
		$end      = $start->modify( '+30 minutes' );
		$patient  = current_user_can( 'kiviCare_patient' ) ? get_current_user_id() : (int) $request->get_param( 'patientId' );
		$row      = array(
			'appointmentStartDate' => $start->format( 'Y-m-d' ),
			'appointmentStartTime' => $start->format( 'H:i:s' ),
			'appointmentEndDate'   => $end->format( 'Y-m-d' ),
			'appointmentEndTime'   => $end->format( 'H:i:s' ),
			'clinicId'             => (int) $request->get_param( 'clinicId' ),
			'doctorId'             => (int) $request->get_param( 'doctorId' ),
			'patientId'            => $patient,
			'status'               => (int) $request->get_param( 'status' ),
			'visitType'            => implode( ',', $mappings ),
			'createdAt'            => current_time( 'mysql' ),
			'appointmentTimezone'  => $zone,
		);
		$columns  = array();
		foreach ( $row as $name => $value ) {
			$columns[ strtolower( (string) preg_replace( '/[A-Z]/', '_$0', $name ) ) ] = $value;
		}
		if ( false === $wpdb->insert( $wpdb->prefix . 'kc_appointments', $columns ) ) {
			throw new \RuntimeException( 'the appointment could not be stored' );
		}
		$row['id'] = (int) $wpdb->insert_id;
		foreach ( $mappings as $mapping ) {
			$service = $wpdb->get_var( $wpdb->prepare( "SELECT service_id FROM {$wpdb->prefix}kc_service_doctor_mapping WHERE id = %d", $mapping ) );
			$wpdb->insert( $wpdb->prefix . 'kc_appointment_service_mapping', array( 'appointment_id' => $row['id'], 'service_id' => $service ) );
		}
		return $row;
	}

	/**
	 * Asks the doctor's provider with exactly the arguments of the real call; WP_Error passes as success.
	 *
	 * @param array<string, mixed> $row The new appointment.
	 */
	private static function meet( array $row ): void {
		global $wpdb;
		$ids = array_map( 'intval', explode( ',', $row['visitType'] ) );
		$in  = implode( ',', $ids );
		if ( ! $wpdb->get_var( "SELECT id FROM {$wpdb->prefix}kc_service_doctor_mapping WHERE telemed_service = 'yes' AND id IN ($in)" ) ) {
			return;
		}
		$provider = KCTelemedFactory::get_provider_by_doctor_id( $row['doctorId'] );
		if ( null === $provider ) {
			throw new \RuntimeException( 'Telemed provider not found for the selected doctor' );
		}
		$made = $provider->create_meeting(
			array(
				'topic'             => 'Video visit',
				'type'              => 'scheduled',
				'start_time'        => $row['appointmentStartDate'] . ' ' . $row['appointmentStartTime'],
				'duration'          => 30,
				'timezone'          => wp_timezone_string(),
				'password'          => '',
				'waiting_room'      => false,
				'auto_recording'    => false,
				'host_video'        => true,
				'participant_video' => true,
				'mute_upon_entry'   => true,
				'patient_id'        => $row['patientId'],
				'doctor_id'         => $row['doctorId'],
				'appointment_id'    => $row['id'],
			)
		);
		if ( ! $made ) {
			throw new \RuntimeException( 'Failed to create telemed meeting' );
		}
	}

	private static function route( string $path, string $method, callable $callback, callable $may ): void {
		register_rest_route( 'kivicare/v1', $path, array( 'methods' => $method, 'callback' => $callback, 'permission_callback' => $may ) );
	}

	/**
	 * @param array<string, mixed> $data Payload of the envelope.
	 */
	private static function answer( bool $status, string $message, array $data, int $code ): \WP_REST_Response {
		return new \WP_REST_Response( array( 'status' => $status, 'message' => $message, 'data' => $data ), $code );
	}
}
