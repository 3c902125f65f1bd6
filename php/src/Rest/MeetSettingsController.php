<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\EventTemplate;

/**
 * The administrator's Google Meet page (contract §4): credentials, and the text of events.
 */
final class MeetSettingsController implements Registerable {

	private const FIELDS = array( 'client_id', 'client_secret', 'app_name', 'send_updates', 'reminder_minutes' );

	public function __construct(
		private readonly GoogleSettings $settings,
		private readonly EventTemplate $template,
		private readonly Bridge $bridge
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		$path = '/settings/' . Provider::GoogleMeet->route();
		$gate = array( Gate::class, 'administrator' );
		register_rest_route( 'kivicare/v1', $path, array( 'methods' => 'GET', 'callback' => array( $this, 'show' ), 'permission_callback' => $gate ) );
		register_rest_route( 'kivicare/v1', $path, array( 'methods' => 'PUT, POST', 'callback' => array( $this, 'save' ), 'permission_callback' => $gate ) );
	}

	public function show(): \WP_REST_Response {
		return Envelope::done( $this->view() );
	}

	/**
	 * Saves both halves of the page. A half that was not sent stays as it is.
	 */
	public function save( \WP_REST_Request $request ): \WP_REST_Response {
		$config = $request->get_param( 'google_meet_config' );
		try {
			if ( is_array( $config ) ) {
				$this->settings->save( $this->bridge, $this->changes( $config ) );
			}
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return Envelope::failed( $error->getMessage() );
		}
		$event = $request->get_param( 'google_meet_event_template' );
		if ( is_array( $event ) && is_string( $event['post_title'] ?? null ) && is_string( $event['post_content'] ?? null )
			&& ! $this->template->save( $event['post_title'], $event['post_content'] ) ) {
			return Envelope::failed( __( 'The settings are saved, but the event template could not be written.', 'kivicare-telemed' ) );
		}
		return Envelope::done( $this->view(), __( 'The Google Meet settings are saved.', 'kivicare-telemed' ) );
	}

	/**
	 * Fields that were sent, as text.
	 *
	 * @param array<array-key, mixed> $config Of the form.
	 * @return array<string, string>
	 */
	private function changes( #[\SensitiveParameter] array $config ): array {
		$changes = array();
		foreach ( self::FIELDS as $field ) {
			if ( is_scalar( $config[ $field ] ?? null ) ) {
				$changes[ $field ] = trim( sanitize_text_field( (string) $config[ $field ] ) );
			}
		}
		if ( isset( $config['enableCal'] ) ) {
			// KiviCare compares with exactly this spelling.
			$changes['enableCal'] = ZoomSettingsForm::is_on( $config['enableCal'] ) ? 'Yes' : 'No';
		}
		return $changes;
	}

	/**
	 * What the page reads, the secret masked.
	 *
	 * @return array<string, mixed>
	 */
	private function view(): array {
		return array(
			'data'            => $this->template->get(),
			'config'          => array( 'data' => $this->settings->for_display() ),
			'redirection_url' => Provider::GoogleMeet->redirect_url(),
		);
	}
}
