<?php

declare(strict_types=1);

namespace App\controllers;

use App\baseClasses\KCTelemedFactory;
use App\models\KCAppointment;

/**
 * Booking, edits and status with the real order of events (contract §2.3, §2.4, §3.1).
 */
final class AppointmentRoutes extends Routes {

	public static function register(): void {
		$may = static fn(): bool => is_user_logged_in();
		$one = '/appointments/(?P<id>\d+)';
		self::route( '/appointments', 'POST', array( self::class, 'create' ), $may );
		self::route( $one . '/status', 'PUT', array( self::class, 'status' ), $may );
		self::route( $one, 'PUT', array( self::class, 'update' ), $may );
		self::route( $one . '/regenerate-video-conference', 'GET', array( self::class, 'regenerate' ), $may );
		self::route( '/appointments/payment-verify', 'POST', array( self::class, 'verify_payment' ), '__return_true' );
	}

	/**
	 * Contract §7: nobody gets to kivicare/v* without a user or a client id.
	 */
	public static function refuse_anonymous( $result, $server, \WP_REST_Request $request ) {
		$guarded = str_starts_with( $request->get_route(), '/kivicare/v' );
		$known   = is_user_logged_in() || $request->get_header( 'X-KC-Client-ID' ) || self::opted_out( $server, $request->get_route() );
		return $guarded && ! $known ? new \WP_Error( 'kc_unauthorized', 'Unauthorized', array( 'status' => 401 ) ) : $result;
	}

	/**
	 * Only a route registered literally, without placeholders, can opt out.
	 */
	private static function opted_out( \WP_REST_Server $server, string $path ): bool {
		foreach ( $server->get_routes()[ $path ] ?? array() as $endpoint ) {
			if ( false === ( $endpoint['encryption'] ?? true ) ) {
				return true;
			}
		}
		return false;
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
		$id     = (int) $request->get_param( 'id' );
		$status = (int) $request->get_param( 'status' );
		KCAppointment::find( $id )->update( array( 'status' => $status ) );
		if ( 0 === $status ) {
			do_action( 'kc_appointment_cancelled', $id );
		}
		do_action( 'kc_appointment_status_update', $id, $status, KCAppointment::find( $id ) );
		return self::answer( true, 'Status updated', array( 'id' => $id ), 200 );
	}

	/**
	 * Edit and reschedule. The provider is asked before the row changes, and its answer is not looked at.
	 */
	public static function update( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		$id = (int) $request->get_param( 'id' );
		try {
			$wpdb->query( 'START TRANSACTION' );
			$visit    = KCAppointment::find( $id );
			$start    = new \DateTimeImmutable( $request->get_param( 'appointmentStartDate' ) . ' ' . $request->get_param( 'appointmentStartTime' ) );
			$provider = KCTelemedFactory::get_provider_by_doctor_id( $visit->doctorId );
			$meeting  = 'zoom' === $provider?->get_provider_id() ? $provider->get_meeting_by_appointment( $id ) : null;
			if ( ! empty( $meeting->zoomId ) ) {
				$provider->update_meeting( $meeting->zoomId, array( 'start_time' => $start->format( 'Y-m-d H:i:s' ), 'duration' => 30, 'doctor_id' => $visit->doctorId ) );
			}
			$changes = array(
				'appointmentStartDate' => $start->format( 'Y-m-d' ),
				'appointmentStartTime' => $start->format( 'H:i:s' ),
				'appointmentEndDate'   => $start->modify( '+30 minutes' )->format( 'Y-m-d' ),
				'appointmentEndTime'   => $start->modify( '+30 minutes' )->format( 'H:i:s' ),
				'appointmentTimezone'  => (string) ( $request->get_param( 'timezone' ) ?: 'UTC' ),
				'description'          => (string) $request->get_param( 'description' ),
			);
			if ( null !== $request->get_param( 'status' ) ) {
				$changes['status'] = $request->get_param( 'status' );
			}
			$visit->update( $changes );
			do_action( 'kc_appointment_updated', $id, $changes, KCAppointment::find( $id ), $request );
			$wpdb->query( 'COMMIT' );
			return self::answer( true, 'Appointment updated', array( 'id' => $id ), 200 );
		} catch ( \Exception $error ) {
			$wpdb->query( 'ROLLBACK' );
			return self::answer( false, $error->getMessage(), array( 'error' => $error->getMessage() ), 500 );
		}
	}

	/**
	 * Asks for a meeting that starts now, whenever the visit is.
	 */
	public static function regenerate( \WP_REST_Request $request ): \WP_REST_Response {
		global $wpdb;
		$id = (int) $request->get_param( 'id' );
		$wpdb->query( 'START TRANSACTION' );
		$visit = KCAppointment::find( $id );
		$made  = KCTelemedFactory::get_provider_by_doctor_id( $visit->doctorId )?->create_meeting(
			array(
				'topic'          => 'Regenerated Telemed Service',
				'start_time'     => current_time( 'mysql' ),
				'duration'       => 30,
				'timezone'       => wp_timezone_string(),
				'patient_id'     => $visit->patientId,
				'doctor_id'      => $visit->doctorId,
				'appointment_id' => $id,
			)
		);
		$failed = is_wp_error( $made );
		$wpdb->query( $failed ? 'ROLLBACK' : 'COMMIT' );
		return $failed
			? self::answer( false, 'Failed', array( 'error' => $made->get_error_message() ), 500 )
			: self::answer( true, 'Telemed link regenerated', array( 'status' => 'success' ), 200 );
	}

	/**
	 * A payment that did not complete cancels the appointment without telling anybody.
	 */
	public static function verify_payment( \WP_REST_Request $request ): \WP_REST_Response {
		$visit = KCAppointment::find( (int) $request->get_param( 'appointment_id' ) );
		if ( 'completed' !== $request->get_param( 'payment_status' ) && null !== $visit && 1 !== (int) $visit->status ) {
			$visit->update( array( 'status' => 0 ) );
		}
		return self::answer( true, 'Payment checked', array(), 200 );
	}

	/**
	 * The daily cron: booked visits of past days become cancelled, with the hooks of a cancellation.
	 */
	public static function auto_close(): void {
		global $wpdb;
		foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT id FROM {$wpdb->prefix}kc_appointments WHERE status = 1 AND appointment_start_date < %s", current_time( 'Y-m-d' ) ) ) as $id ) {
			$visit = KCAppointment::find( $id );
			KCAppointment::find( $id )->update( array( 'status' => 0 ) );
			do_action( 'kc_appointment_cancelled', $id );
			do_action( 'kc_appointment_status_update', $id, 0, $visit );
		}
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
}
