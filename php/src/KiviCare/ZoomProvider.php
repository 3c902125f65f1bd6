<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use App\abstracts\KCAbstractTelemedProvider;
use KCTApp\models\KCTAppointmentZoomMapping;
use KiviCare\Telemed\Plugin;

/**
 * What KiviCare's factory builds for "zoom", anew for every look-up. Loaded only when the factory asks for it.
 *
 * Signatures follow the parent class, hence the missing types.
 */
final class ZoomProvider extends KCAbstractTelemedProvider {

	public const ID = 'zoom';

	/**
	 * The factory calls init_hook() on every new object.
	 */
	private static bool $hooked = false;

	public function init_hook(): void {
		if ( self::$hooked ) {
			return;
		}
		self::$hooked = true;
		// No webhook through admin-ajax: the parent's would answer success to anybody.
		add_action( 'wp_ajax_kc_test_' . self::ID . '_connection', array( $this, 'test_connection_ajax' ) );
	}

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

	protected function get_default_config() {
		return array( 'enabled' => false, 'enableCal' => 'No' );
	}

	public function get_provider_id() {
		return self::ID;
	}

	public function get_provider_name() {
		return 'Zoom';
	}

	public function is_configured() {
		return $this->plugin()->settings()->is_configured();
	}

	/**
	 * Creates the appointment's meeting.
	 *
	 * @param array<string, mixed> $meeting_data Only appointment_id and duration are used; the rest is read from the row.
	 * @return array<string, mixed>|true Never false or WP_Error: a provider that is down must not undo a booking.
	 */
	public function create_meeting( $meeting_data = array() ) {
		$data = is_array( $meeting_data ) ? $meeting_data : array();
		$id   = (int) ( $data['appointment_id'] ?? 0 );
		// KiviCare may still roll the booking back; afterwards that shows.
		$this->plugin()->agenda()->add( $id );
		return $this->plugin()->meetings()->create( $id, (int) ( $data['duration'] ?? 0 ) );
	}

	/**
	 * Does nothing: KiviCare calls it before the row is updated and with a time without its zone.
	 *
	 * @return array<string, mixed>
	 */
	public function update_meeting( $meeting_id, $meeting_data = array() ) {
		return array( 'id' => (string) $meeting_id );
	}

	/**
	 * Notes the appointment: whether its meeting ends is decided by the rows when they are committed.
	 */
	public function cancel_meeting_by_appointment( $appointment_id ) {
		$this->plugin()->agenda()->add( (int) $appointment_id );
		return true;
	}

	public function get_meeting_by_appointment( $appointment_id ) {
		return KCTAppointmentZoomMapping::query()->where( 'appointmentId', (int) $appointment_id )->first();
	}

	/**
	 * Truthy when Zoom serves the doctor. KiviCare needs no token, and PHP has none.
	 */
	public function get_doctor_access_token( $doctor_id ) {
		return $this->plugin()->doctors()->is_served_by_zoom( (int) $doctor_id ) ? 'sealed' : null;
	}

	public function is_doctor_telemed_connected(): bool {
		return $this->plugin()->doctors()->is_served_by_zoom( get_current_user_id() );
	}

	/**
	 * Meetings are only cancelled by appointment; nothing in KiviCare calls this.
	 */
	public function delete_meeting( $meeting_id ) {
		return false;
	}

	/**
	 * Stored facts about a meeting, without host link.
	 *
	 * @return array<string, mixed>|false
	 */
	public function get_meeting( $meeting_id ) {
		$row = KCTAppointmentZoomMapping::query()->where( 'zoomId', (string) $meeting_id )->first();
		return null === $row ? false : array(
			'id'             => (string) $row->zoomId,
			'join_url'       => (string) $row->joinUrl,
			'appointment_id' => (int) $row->appointmentId,
		);
	}

	/**
	 * Says whether the settings are complete; it does not call Zoom.
	 *
	 * @return array{success: bool, message: string}
	 */
	public function test_connection( $data = array(), $doctor_id = 0 ) {
		$ready = $this->is_configured();
		return array(
			'success' => $ready,
			'message' => $ready
				? __( 'The Zoom settings are complete.', 'kivicare-telemed' )
				: __( 'The Zoom settings are incomplete.', 'kivicare-telemed' ),
		);
	}

	/**
	 * Doctors are connected through DoctorConnections alone.
	 */
	public function update_doctor_config( int $doctor_id, array $config ): bool {
		return false;
	}

	/**
	 * The dashboard's own route begins a consent; nothing in KiviCare calls this.
	 */
	public function get_authorization_url( $doctor_id ): string {
		return '';
	}

	public function disconnect_doctor( int $doctor_id ): bool {
		return $this->plugin()->disconnection()->disconnect( $doctor_id );
	}

	/**
	 * Nothing writes settings through KiviCare's provider object: it would store the option without our sealing.
	 */
	public function update_config( $new_config ) {
		return false;
	}

	/**
	 * The extension writes mapping rows.
	 */
	protected function save_zoom_meeting_record( $meeting_data ) {
		return false;
	}

	protected function delete_meeting_record( $meeting_id ) {
		return false;
	}

	private function plugin(): Plugin {
		return Plugin::instance();
	}
}
