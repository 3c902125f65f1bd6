<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use App\abstracts\KCAbstractTelemedProvider;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Plugin;

/**
 * What KiviCare's factory builds for each provider, anew for every look-up. Loaded only when the factory asks for it.
 *
 * Signatures follow the parent class, hence the missing types.
 */
abstract class TelemedProvider extends KCAbstractTelemedProvider {

	/**
	 * The factory calls init_hook() on every new object.
	 *
	 * @var array<string, true>
	 */
	private static array $hooked = array();

	abstract protected function provider(): Provider;

	/**
	 * The compat model's row of an appointment or a meeting.
	 *
	 * @param string     $property Property of the model.
	 * @param int|string $value    Its value.
	 */
	abstract protected function row( string $property, int|string $value ): ?object;

	/**
	 * Stored facts about a meeting, without host link.
	 *
	 * @return array<string, mixed>|false
	 */
	abstract public function get_meeting( $meeting_id );

	public function init_hook(): void {
		$id = $this->get_provider_id();
		if ( isset( self::$hooked[ $id ] ) ) {
			return;
		}
		self::$hooked[ $id ] = true;
		// No webhook through admin-ajax: the parent's would answer success to anybody.
		add_action( "wp_ajax_kc_test_{$id}_connection", array( $this, 'test_connection_ajax' ) );
	}

	protected function get_default_config() {
		return array( 'enabled' => false, 'enableCal' => 'No' );
	}

	public function get_provider_id() {
		return $this->provider()->value;
	}

	public function get_provider_name() {
		return $this->provider()->label();
	}

	/**
	 * Creates the appointment's meeting.
	 *
	 * @param mixed $meeting_data Only appointment_id and duration are used; the rest is read from the row.
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
		return $this->row( 'appointmentId', (int) $appointment_id );
	}

	/**
	 * Truthy when this provider serves the doctor. KiviCare needs no token, and PHP has none.
	 */
	public function get_doctor_access_token( $doctor_id ) {
		return $this->serves( (int) $doctor_id ) ? 'sealed' : null;
	}

	public function is_doctor_telemed_connected(): bool {
		return $this->serves( get_current_user_id() );
	}

	/**
	 * Meetings are only cancelled by appointment; nothing in KiviCare calls this.
	 */
	public function delete_meeting( $meeting_id ) {
		return false;
	}

	/**
	 * Says whether the settings are complete; it calls nobody.
	 *
	 * @return array{success: bool, message: string}
	 */
	public function test_connection( $data = array(), $doctor_id = 0 ) {
		$ready = $this->is_configured();
		return array(
			'success' => $ready,
			'message' => $ready
				? __( 'The settings are complete.', 'kivicare-telemed' )
				: __( 'The settings are incomplete.', 'kivicare-telemed' ),
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
		try {
			return $this->plugin()->disconnection()->disconnect( $doctor_id, $this->provider() );
		} catch ( BridgeException ) {
			return false;
		}
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

	protected function save_google_meet_record( $meeting_data ) {
		return false;
	}

	private function serves( int $doctor_id ): bool {
		return $this->plugin()->doctors()->provider_of( $doctor_id ) === $this->provider();
	}

	protected function plugin(): Plugin {
		return Plugin::instance();
	}
}
