<?php

declare(strict_types=1);

namespace App\abstracts;

/**
 * What every provider must offer (contract §2.2).
 */
abstract class KCAbstractTelemedProvider {

	protected $settings_key;

	protected $config;

	public function __construct( $settings_key ) {
		$this->settings_key = $settings_key;
		$this->config       = $this->get_config();
		$this->init();
	}

	protected function init() {
		$this->init_hook();
	}

	/**
	 * Called for every object the factory makes, so hooks pile up unless a provider guards against it.
	 */
	public function init_hook() {
		add_action( 'wp_ajax_kc_test_' . $this->get_provider_id() . '_connection', array( $this, 'test_connection_ajax' ) );
	}

	public function get_config() {
		return wp_parse_args( get_option( $this->settings_key, array() ), $this->get_default_config() );
	}

	abstract protected function get_default_config();

	abstract public function get_provider_id();

	abstract public function get_provider_name();

	public function is_enabled() {
		return ! empty( $this->config['enabled'] ) && $this->is_configured();
	}

	abstract public function is_configured();

	abstract public function create_meeting( $meeting_data = array() );

	abstract public function update_meeting( $meeting_id, $meeting_data = array() );

	abstract public function delete_meeting( $meeting_id );

	abstract public function get_meeting( $meeting_id );

	abstract public function test_connection( $data = array(), $doctor_id = 0 );

	abstract public function update_doctor_config( int $doctor_id, array $config ): bool;

	abstract public function get_authorization_url( $doctor_id ): string;

	public function disconnect_doctor( int $doctor_id ): bool {
		return false;
	}

	abstract protected function save_zoom_meeting_record( $meeting_data );

	abstract protected function delete_meeting_record( $meeting_id );

	abstract public function get_meeting_by_appointment( $appointment_id );

	public function test_connection_ajax() {
		check_ajax_referer( 'kc_telemed_test_connection' );
		current_user_can( 'manage_options' ) || wp_die( -1, 403 );
		wp_send_json( $this->test_connection() );
	}

	public function update_config( $new_config ) {
		$this->config = wp_parse_args( $new_config, $this->config );
		return update_option( $this->settings_key, $this->config );
	}

	abstract public function cancel_meeting_by_appointment( $appointment_id );

	abstract public function get_doctor_access_token( $doctor_id );

	abstract public function is_doctor_telemed_connected(): bool;
}
