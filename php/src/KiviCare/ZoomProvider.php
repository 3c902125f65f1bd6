<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KCTApp\models\KCTAppointmentZoomMapping;
use KiviCare\Telemed\Config\Provider;

/**
 * Zoom in KiviCare's factory.
 */
final class ZoomProvider extends TelemedProvider {

	/**
	 * Without auth_type: the factory reads "server-to-server" there as "Zoom serves every doctor", Meet doctors included.
	 *
	 * @return array<string, mixed>
	 */
	public function get_config() {
		$settings = $this->plugin()->settings();
		return array(
			'enabled'   => $settings->is_configured(),
			'enableCal' => $settings->zoom()['enableCal'],
		);
	}

	public function is_configured() {
		return $this->plugin()->settings()->is_configured();
	}

	public function get_meeting( $meeting_id ) {
		$row = $this->row( 'zoomId', (string) $meeting_id );
		return null === $row ? false : array(
			'id'             => (string) $row->zoomId,
			'join_url'       => (string) $row->joinUrl,
			'appointment_id' => (int) $row->appointmentId,
		);
	}

	protected function provider(): Provider {
		return Provider::Zoom;
	}

	protected function row( string $property, int|string $value ): ?object {
		return KCTAppointmentZoomMapping::query()->where( $property, $value )->first();
	}
}
