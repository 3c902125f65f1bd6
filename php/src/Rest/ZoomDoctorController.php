<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ConsentFlow;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * The doctor's Zoom page (contract §4). Every route works on the doctor who is logged in; none takes a doctor's id.
 */
final class ZoomDoctorController implements Registerable {

	private const ROUTE = '/settings/zoom-telemed/';

	public function __construct(
		private readonly Settings $settings,
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
		$this->route( 'doctor-config', 'PUT, POST', 'save' );
		$this->route( 'authorize', 'GET', 'authorize' );
		$this->route( 'disconnect', 'GET', 'disconnect' );
		$this->route( 'test-connection', 'PUT, POST', 'test', 'doctor_or_administrator' );
	}

	public function show(): \WP_REST_Response {
		$doctor = get_current_user_id();
		$app    = $this->doctors->own_app( $doctor );
		$oauth  = AuthType::OAuth === $this->settings->auth_type();
		$served = $oauth ? $this->doctors->has_own_tokens( $doctor ) : $this->doctors->is_served_by_zoom( $doctor );
		$ailment = $oauth ? $this->doctors->ailment( $doctor, Provider::Zoom ) : '';
		return Envelope::done(
			array(
				'auth_type'                => $this->settings->auth_type()->value,
				'account_id'               => $app['account_id'] ?? '',
				'client_id'                => $app['client_id'] ?? '',
				'client_secret'            => null === $app ? '' : Settings::MASK,
				'enable_server_to_server'  => null !== $app,
				// The page then offers to connect.
				'is_connected'             => $served && '' === $ailment,
				// The page calls disconnect by itself on "not_connected"; with server-to-server it never shall.
				'connection_status'        => match ( true ) {
					'' !== $ailment => 'needs_reconnect',
					$served         => 'connected',
					default         => $oauth ? 'not_connected' : 'not_configured',
				},
				'connection_message'       => $ailment,
				'is_google_meet_connected' => $this->doctors->has_own_tokens( $doctor, Provider::GoogleMeet ),
			),
			$ailment
		);
	}

	public function save( \WP_REST_Request $request ): \WP_REST_Response {
		$doctor  = get_current_user_id();
		$enabled = $request->get_param( 'enable_server_to_server' );
		if ( AuthType::ServerToServer->value !== $request->get_param( 'auth_type' ) || ( null !== $enabled && ! ZoomSettingsForm::is_on( $enabled ) ) ) {
			$this->doctors->drop_own_app( $doctor );
			return Envelope::done( array(), __( 'Your Zoom app is removed.', 'kivicare-telemed' ) );
		}
		$keys = $this->keys( $request );
		try {
			$this->doctors->use_own_app( $doctor, $keys['account_id'], $keys['client_id'], $keys['client_secret'] );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			// Every 2xx is shown as success here.
			return Envelope::failed( $error->getMessage(), 400, array( 'error' => $error->getMessage() ) );
		}
		return Envelope::done( array(), __( 'Your Zoom app is saved.', 'kivicare-telemed' ) );
	}

	/**
	 * The page goes wherever the answer points, and asks while it saves other things too: without OAuth it is sent to
	 * itself.
	 */
	public function authorize(): \WP_REST_Response {
		try {
			return Envelope::done( array( 'redirect_url' => $this->consent->begin( get_current_user_id(), wp_get_session_token() ) ) );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return Envelope::failed( $error->getMessage(), 200, array( 'redirect_url' => Dashboard::doctor( Provider::Zoom ) ) );
		}
	}

	public function disconnect(): \WP_REST_Response {
		try {
			$confirmed = $this->disconnection->disconnect( get_current_user_id(), Provider::Zoom );
		} catch ( BridgeException $error ) {
			return Envelope::failed( $error->getMessage(), 409 );
		}
		return Envelope::done(
			array( 'connection_status' => 'not_connected' ),
			$confirmed
				? __( 'You are disconnected from Zoom.', 'kivicare-telemed' )
				: __( 'You are disconnected here, but Zoom could not confirm it. Remove the app in Zoom under "Added Apps" too.', 'kivicare-telemed' )
		);
	}

	public function test( \WP_REST_Request $request ): \WP_REST_Response {
		$doctor = Gate::is_doctor( get_current_user_id() ) ? get_current_user_id() : 0;
		$keys   = $this->keys( $request );
		$stored = 0 === $doctor ? $this->settings->zoom() : $this->doctors->own_app( $doctor );
		if ( '' === $keys['client_secret'] ) {
			$keys['client_secret'] = (string) ( $stored['client_secret'] ?? '' );
		}
		if ( in_array( '', $keys, true ) ) {
			return $this->fault( 'incomplete', __( 'Account ID, client ID and client secret are all needed.', 'kivicare-telemed' ) );
		}
		try {
			$host   = $doctor > 0 ? $this->doctors->app_address( $doctor ) : '';
			$answer = $this->bridge->probe( $keys + array( 'doctor_id' => $doctor, 'host' => $host ) );
		} catch ( BridgeException $error ) {
			return $this->fault( $error->failure->value, $error->getMessage() );
		}
		if ( 'done' !== $answer['state'] ) {
			return $this->fault( (string) $answer['reason'], $this->diagnosis( $answer ) );
		}
		return Envelope::done( array( 'success' => true ), __( 'The connection to Zoom works.', 'kivicare-telemed' ) );
	}

	/**
	 * What is wrong and what to do.
	 *
	 * @param array<string, mixed> $answer The extension's verdict.
	 */
	private function diagnosis( array $answer ): string {
		return match ( $answer['reason'] ) {
			'client_refused'  => __( 'Zoom refuses the client ID or the client secret. Copy both again from the app\'s credentials.', 'kivicare-telemed' ),
			'account_refused' => __( 'Zoom does not accept the account ID. Copy it again from the app\'s credentials, and check that the app is activated.', 'kivicare-telemed' ),
			'host_not_found'  => __( 'The credentials are right, but Zoom does not know your user in this account. Ask the administrator to enter your Zoom e-mail address.', 'kivicare-telemed' ),
			'unavailable'     => __( 'Zoom could not be reached. Check the server\'s network connection, or try again later.', 'kivicare-telemed' ),
			// Names the missing scopes.
			default           => (string) $answer['message'],
		};
	}

	private function fault( string $reason, string $message ): \WP_REST_Response {
		return Envelope::failed( $message, 400, array( 'success' => false, 'reason' => $reason, 'error' => $message ) );
	}

	/**
	 * Credentials of the form; a mask counts as not typed.
	 *
	 * @return array{account_id: string, client_id: string, client_secret: string}
	 */
	private function keys( \WP_REST_Request $request ): array {
		$keys = array();
		foreach ( array( 'account_id', 'client_id', 'client_secret' ) as $field ) {
			$value          = $request->get_param( $field );
			$keys[ $field ] = is_scalar( $value ) ? trim( sanitize_text_field( (string) $value ) ) : '';
		}
		$keys['client_secret'] = hash_equals( Settings::MASK, (string) $keys['client_secret'] ) ? '' : $keys['client_secret'];
		return $keys;
	}

	private function route( string $path, string $methods, string $callback, string $gate = 'doctor' ): void {
		register_rest_route(
			'kivicare/v1',
			self::ROUTE . $path,
			array(
				'methods'             => $methods,
				'callback'            => array( $this, $callback ),
				'permission_callback' => array( Gate::class, $gate ),
			)
		);
	}
}
