<?php

declare(strict_types=1);

namespace App\emails\listeners;

/**
 * Gathers what mails say about an appointment (contract §8).
 */
final class KCAppointmentNotificationListener {

	private static ?self $instance = null;

	public static function get_instance(): self {
		return self::$instance ??= new self();
	}

	/**
	 * @return array<string, array<string, mixed>>|null
	 */
	public function getAppointmentDataForEmail( int $appointmentId ): ?array {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}kc_appointments WHERE id = %d", $appointmentId ) );
		if ( null === $row ) {
			return null;
		}
		$person = static fn( int $id ): array => array( 'id' => $id, 'email' => get_userdata( $id )->user_email ?? '' );
		return array(
			'appointment' => array( 'id' => $appointmentId, 'appointment_start_date' => $row->appointment_start_date ),
			'patient'     => $person( (int) $row->patient_id ),
			'doctor'      => $person( (int) $row->doctor_id ),
		);
	}
}
