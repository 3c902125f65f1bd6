<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SealedOption;
use KiviCare\Telemed\Connect\ConsentFlow;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * The doctor's Google Meet page (contract §4). Every route works on the doctor who is logged in.
 */
final class MeetDoctorController implements Registerable {

	public function __construct(
		private readonly GoogleSettings $settings,
		private readonly DoctorConnections $doctors,
		private readonly ConsentFlow $consent,
		private readonly Disconnection $disconnection,
		private readonly Bridge $bridge
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		$this->route( 'doctor-config', 'GET', 'show' );
		$this->route( 'authorize', 'GET', 'authorize' );
		$this->route( 'disconnect', 'GET', 'disconnect' );
		$this->route( 'test-connection', 'PUT, POST', 'test', 'doctor_or_administrator' );
	}

	public function show(): \WP_REST_Response {
		$doctor    = get_current_user_id();
		$connected = $this->doctors->has_own_tokens( $doctor, Provider::GoogleMeet );
		$ailment   = $this->doctors->ailment( $doctor, Provider::GoogleMeet );
		return Envelope::done(
			array(
				// The page then offers to connect.
				'is_connected'      => $connected && '' === $ailment,
				'connection_status' => '' !== $ailment ? 'needs_reconnect' : ( $connected ? 'connected' : 'not_connected' ),
				'connection_message' => $ailment,
				'is_zoom_connected' => Provider::Zoom === $this->doctors->provider_of( $doctor ),
				'account'           => $connected ? $this->doctors->google_address( $doctor ) : '',
			),
			$ailment
		);
	}

	/**
	 * Without an address to go to, the page shows the message.
	 */
	public function authorize(): \WP_REST_Response {
		try {
			return Envelope::done( array( 'redirect_url' => $this->consent->begin( get_current_user_id(), wp_get_session_token() ) ) );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return Envelope::failed( $error->getMessage() );
		}
	}

	public function disconnect(): \WP_REST_Response {
		try {
			$confirmed = $this->disconnection->disconnect( get_current_user_id(), Provider::GoogleMeet );
		} catch ( BridgeException $error ) {
			return Envelope::failed( $error->getMessage(), 409 );
		}
		return Envelope::done(
			array( 'connection_status' => 'not_connected' ),
			$confirmed
				? __( 'You are disconnected from Google Meet.', 'kivicare-telemed' )
				: __( 'You are disconnected here, but Google could not confirm it. Remove the app in your Google account under "Third-party apps and services" too.', 'kivicare-telemed' )
		);
	}

	/**
	 * Tries the clinic's app, and the calendar of the doctor who asks.
	 */
	public function test( \WP_REST_Request $request ): \WP_REST_Response {
		$stored = $this->settings->all();
		$keys   = array();
		foreach ( array( 'client_id', 'client_secret' ) as $field ) {
			// Only administrators may try other credentials than the clinic's.
			$value          = current_user_can( 'manage_options' ) ? $request->get_param( $field ) : null;
			$value          = is_string( $value ) ? trim( sanitize_text_field( $value ) ) : '';
			$keys[ $field ] = '' === $value || SealedOption::MASK === $value ? $stored[ $field ] : $value;
		}
		if ( in_array( '', $keys, true ) ) {
			return $this->fault( 'incomplete', __( 'Client ID and client secret of the Google Cloud app are needed.', 'kivicare-telemed' ) );
		}
		$user   = get_current_user_id();
		$doctor = $this->doctors->has_own_tokens( $user, Provider::GoogleMeet ) ? $user : 0;
		try {
			$answer = $this->bridge->probe_google( $keys + array( 'doctor_id' => $doctor ) );
		} catch ( BridgeException $error ) {
			return $this->fault( $error->failure->value, $error->getMessage() );
		}
		if ( 'done' !== $answer['state'] ) {
			return $this->fault( (string) $answer['reason'], $this->diagnosis( $answer ) );
		}
		return Envelope::done(
			array( 'success' => true ),
			$doctor > 0
				? __( 'The connection to Google Meet works.', 'kivicare-telemed' )
				: __( 'Google knows the client ID and the client secret. A connected doctor can test the calendar too.', 'kivicare-telemed' )
		);
	}

	/**
	 * What is wrong and what to do.
	 *
	 * @param array<string, mixed> $answer The extension's verdict.
	 */
	private function diagnosis( array $answer ): string {
		return match ( $answer['reason'] ) {
			'client_refused' => __( 'Google refuses the client ID or the client secret. Copy both again from the Google Cloud console, Credentials.', 'kivicare-telemed' ),
			'scope'          => __( 'The permission for Google Calendar is missing. Connect again and leave its box ticked.', 'kivicare-telemed' ),
			'configuration'  => __( 'The Google Calendar API is not enabled. Enable it in the Google Cloud console under APIs & Services.', 'kivicare-telemed' ),
			'rejected'       => __( 'This calendar does not allow Google Meet. Ask the Google Workspace administrator to switch Meet on for you.', 'kivicare-telemed' ),
			'unavailable'    => __( 'Google could not be reached. Check the server\'s network connection, or try again later.', 'kivicare-telemed' ),
			// Names the likely causes.
			default          => (string) $answer['message'],
		};
	}

	private function fault( string $reason, string $message ): \WP_REST_Response {
		return Envelope::failed( $message, 400, array( 'success' => false, 'reason' => $reason, 'error' => $message ) );
	}

	private function route( string $path, string $methods, string $callback, string $gate = 'doctor' ): void {
		register_rest_route(
			'kivicare/v1',
			'/settings/' . Provider::GoogleMeet->route() . '/' . $path,
			array(
				'methods'             => $methods,
				'callback'            => array( $this, $callback ),
				'permission_callback' => array( Gate::class, $gate ),
			)
		);
	}
}
