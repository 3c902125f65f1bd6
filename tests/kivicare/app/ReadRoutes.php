<?php

declare(strict_types=1);

namespace App\controllers;

use App\models\KCAppointment;

/**
 * List, details and upcoming appointments: the filters that carry links, in their real order. The detail routes check
 * that somebody is logged in and nothing else (contract §9.18).
 */
final class ReadRoutes extends Routes {

	public static function register(): void {
		$may = static fn(): bool => is_user_logged_in();
		self::route( '/appointments', 'GET', array( self::class, 'all' ), $may );
		self::route( '/appointments/(?P<id>\d+)', 'GET', array( self::class, 'one' ), $may );
		self::route( '/appointments/(?P<id>\d+)/view', 'GET', array( self::class, 'view' ), $may );
		self::route( '/dashboard/upcoming-appointments', 'GET', array( self::class, 'upcoming' ), $may );
	}

	public static function all( \WP_REST_Request $request ): \WP_REST_Response {
		$query = self::own()->select( array( 'a.*' ) )->orderBy( 'a.id', 'DESC' );
		if ( 'all' !== $request->get_param( 'perPage' ) ) {
			$per_page = max( 1, (int) ( $request->get_param( 'perPage' ) ?: 10 ) );
			$query->limit( $per_page )->offset( $per_page * ( max( 1, (int) $request->get_param( 'page' ) ) - 1 ) );
		}
		do_action( 'kc_appointments_list_query', $query, $request->get_params() );
		$query->groupBy( 'a.id' );
		$rows = array();
		foreach ( $query->get() as $appointment ) {
			$row    = self::row( $appointment ) + array( 'video_consultation' => apply_filters( 'kc_is_video_consultation', false, (int) $appointment->id ) );
			$rows[] = apply_filters( 'kc_appointment_list_item', $row, $appointment );
		}
		return self::answer( true, 'Appointments retrieved', array( 'appointments' => $rows ), 200 );
	}

	public static function one( \WP_REST_Request $request ): \WP_REST_Response {
		return self::detail( $request, static fn( array $data, object $appointment ) => apply_filters( 'kc_appointment_data', $data, (int) $appointment->id ) );
	}

	public static function view( \WP_REST_Request $request ): \WP_REST_Response {
		return self::detail( $request, static fn( array $data, object $appointment ) => apply_filters( 'kc_appointment_details_data', $data, $appointment ) );
	}

	public static function upcoming(): \WP_REST_Response {
		$rows = array();
		foreach ( self::own()->where( 'a.status', 1 )->where( 'a.appointment_start_date', '>=', current_time( 'Y-m-d' ) )->limit( 10 )->get() as $appointment ) {
			$row    = self::row( $appointment ) + array( 'video_consultation' => apply_filters( 'kc_is_video_consultation', false, (int) $appointment->id ) );
			$rows[] = apply_filters( 'kc_get_upcoming_appointment_data', $row, $appointment );
		}
		return self::answer( true, 'Appointments retrieved', array( 'appointments' => $rows ), 200 );
	}

	private static function detail( \WP_REST_Request $request, \Closure $filter ): \WP_REST_Response {
		$appointment = KCAppointment::find( (int) $request->get_param( 'id' ) );
		if ( null === $appointment ) {
			return self::answer( false, 'Appointment not found', null, 404 );
		}
		return self::answer( true, 'Appointment retrieved', $filter( self::row( $appointment ), $appointment ), 200 );
	}

	/**
	 * Patients and doctors see their own, everybody else all.
	 */
	private static function own(): \App\baseClasses\KCQueryBuilder {
		$query = KCAppointment::table( 'a' );
		foreach ( array( 'patient', 'doctor' ) as $role ) {
			if ( self::has_role( $role ) ) {
				$query->where( "a.{$role}_id", get_current_user_id() );
			}
		}
		return $query;
	}

	/**
	 * @return array<string, mixed>
	 */
	private static function row( object $appointment ): array {
		return array(
			'id'                   => (int) $appointment->id,
			'appointmentStartDate' => $appointment->appointmentStartDate,
			'appointmentStartTime' => $appointment->appointmentStartTime,
			'status'               => (int) $appointment->status,
		);
	}
}
