<?php

declare(strict_types=1);

namespace App\emails;

/**
 * Link mails: written into the queue inside the booking's transaction, with the link frozen in (contract §8).
 */
final class LinkMails {

	public static function enqueue( int $appointment_id ): void {
		global $wpdb;
		$link = self::zoom_link( $appointment_id ) ?: self::meet_link( $appointment_id );
		if ( '' === $link ) {
			return;
		}
		$row = $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}kc_appointments WHERE id = %d", $appointment_id ) );
		foreach ( array( $row->patient_id, $row->doctor_id ) as $user_id ) {
			$wpdb->insert(
				$wpdb->prefix . 'kc_contract_mails',
				array(
					'recipient' => get_userdata( (int) $user_id )->user_email,
					'subject'   => 'Your video visit',
					'message'   => "Date: {$row->appointment_start_date}, time: {$row->appointment_start_time}, link: $link",
				)
			);
		}
	}

	public static function send(): void {
		global $wpdb;
		$table = $wpdb->prefix . 'kc_contract_mails';
		foreach ( $wpdb->get_results( "SELECT * FROM $table ORDER BY id" ) as $mail ) {
			wp_mail( $mail->recipient, $mail->subject, $mail->message );
			$wpdb->delete( $table, array( 'id' => $mail->id ) );
		}
	}

	private static function zoom_link( int $appointment_id ): string {
		$class = 'KCTApp\\models\\KCTAppointmentZoomMapping';
		return class_exists( $class ) ? (string) $class::query()->where( 'appointmentId', $appointment_id )->first()?->joinUrl : '';
	}

	private static function meet_link( int $appointment_id ): string {
		$class = 'KCGMApp\\models\\KCGMAppointmentGoogleMeetMapping';
		return class_exists( $class ) ? (string) $class::query()->where( 'appointmentId', $appointment_id )->first()?->url : '';
	}
}
