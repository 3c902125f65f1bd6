<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KCGMApp\models\KCGMAppointmentGoogleMeetMapping;
use KiviCare\Telemed\Config\Provider;

/**
 * Google Meet in KiviCare's factory.
 */
final class MeetProvider extends TelemedProvider {

	/**
	 * The switches alone: credentials stay where they are.
	 *
	 * @return array<string, mixed>
	 */
	public function get_config() {
		$google = $this->plugin()->google();
		return array(
			'enabled'   => $google->is_configured(),
			'enableCal' => $google->all()['enableCal'],
		);
	}

	public function is_configured() {
		return $this->plugin()->google()->is_configured();
	}

	public function get_meeting( $meeting_id ) {
		$row = $this->row( 'eventId', (string) $meeting_id );
		return null === $row ? false : array(
			'id'             => (string) $row->eventId,
			'join_url'       => (string) $row->url,
			'event_url'      => (string) $row->eventUrl,
			'appointment_id' => (int) $row->appointmentId,
		);
	}

	protected function provider(): Provider {
		return Provider::GoogleMeet;
	}

	protected function row( string $property, int|string $value ): ?object {
		return KCGMAppointmentGoogleMeetMapping::query()->where( $property, $value )->first();
	}
}
