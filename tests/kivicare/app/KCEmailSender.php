<?php

declare(strict_types=1);

namespace App\emails;

/**
 * KiviCare's sender, as far as link mails go (contract §8).
 */
final class KCEmailSender {

	private static ?self $instance = null;

	public static function get_instance(): self {
		return self::$instance ??= new self();
	}

	/**
	 * @param array<string, mixed> $appointmentData Of the listener.
	 */
	public function sendVideoConferenceLink( string $type, array $appointmentData, string $link, string $recipientType = 'patient' ): bool {
		$to = $appointmentData[ $recipientType ]['email'] ?? '';
		return wp_mail( $to, "Your video visit ($type)", "Date: {$appointmentData['appointment']['appointment_start_date']}, link: $link" );
	}
}
