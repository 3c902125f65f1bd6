<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * The administrator's Zoom page (contract §4). KiviCare decrypts bodies into parameters, so no route declares args.
 */
final class ZoomSettingsController implements Registerable {

	private const ROUTE = '/settings/zoom-telemed';

	public function __construct(
		private readonly Settings $settings,
		private readonly Bridge $bridge,
		private readonly ZoomOffers $offers
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		$gate = array( Gate::class, 'administrator' );
		register_rest_route( 'kivicare/v1', self::ROUTE, array( 'methods' => 'GET', 'callback' => array( $this, 'show' ), 'permission_callback' => $gate ) );
		register_rest_route( 'kivicare/v1', self::ROUTE, array( 'methods' => 'PUT, POST', 'callback' => array( $this, 'save' ), 'permission_callback' => $gate ) );
	}

	public function show(): \WP_REST_Response {
		return Envelope::done( $this->view() );
	}

	public function save( \WP_REST_Request $request ): \WP_REST_Response {
		$changes = ZoomSettingsForm::changes( $request );
		$after   = $changes + $this->settings->zoom();
		if ( AuthType::OAuth->value === $after['auth_type'] && ( '' === $after['client_id'] || '' === $after['client_secret'] ) ) {
			return Envelope::failed( __( 'Client ID and client secret of the Zoom app are needed for OAuth.', 'kivicare-telemed' ) );
		}
		try {
			$this->settings->save_zoom( $this->bridge, $changes );
			$offered = Offer::summary( $this->offers->after_saving() );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return Envelope::failed( $error->getMessage() );
		}
		return Envelope::done( $this->view(), trim( __( 'The Zoom settings are saved.', 'kivicare-telemed' ) . ' ' . $offered ) );
	}

	/**
	 * What the page reads, secrets masked.
	 *
	 * @return array<string, string>
	 */
	private function view(): array {
		$settings = $this->settings->zoom_for_display();
		return array(
			'auth_type'                => $settings['auth_type'],
			'client_id'                => $settings['client_id'],
			'client_secret'            => $settings['client_secret'],
			'account_id'               => $settings['account_id'],
			'webhook_secret'           => $settings['webhook_secret'],
			'webhook_url'              => SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/zoom' ),
			'personal_links'           => $settings['personal_links'],
			'redirect_url'             => Provider::Zoom->redirect_url(),
			'enableCal'                => $settings['enableCal'],
			'server_to_server_enabled' => AuthType::ServerToServer->value === $settings['auth_type'] ? 'Yes' : 'No',
		);
	}
}
