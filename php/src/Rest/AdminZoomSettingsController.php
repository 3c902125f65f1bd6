<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Config\ZoomApp;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * Zoom on the administrator's screen.
 */
final class AdminZoomSettingsController extends AdminSettingsController {

	/**
	 * What came of the last saving, for the answer.
	 *
	 * @var list<Offer>
	 */
	private array $offers_made = array();

	public function __construct(
		private readonly Settings $settings,
		private readonly Bridge $bridge,
		private readonly ZoomOffers $offers
	) {}

	protected function provider(): Provider {
		return Provider::Zoom;
	}

	protected function fields(): array {
		return array(
			'auth_type'      => 'ZOOM_AUTH_TYPE',
			'account_id'     => 'ZOOM_ACCOUNT_ID',
			'client_id'      => 'ZOOM_CLIENT_ID',
			'client_secret'  => 'ZOOM_CLIENT_SECRET',
			'webhook_secret' => 'ZOOM_WEBHOOK_SECRET',
			'personal_links' => '',
			'doctors'        => '',
		);
	}

	protected function masked(): array {
		return $this->settings->zoom_for_display();
	}

	protected function app(): array {
		$webhooks = SiteAddress::current()->at_provider( self::ROUTES . '/webhooks/zoom' );
		return array(
			'redirect_url'        => Provider::Zoom->redirect_url(),
			'webhook_url'         => $webhooks,
			// One door: a deauthorization is one of the events.
			'deauthorization_url' => $webhooks,
			// Zoom's "Add" leads there without a request of ours; the page says where to connect.
			'landing_url'         => Provider::Zoom->redirect_url(),
			'scopes'              => array( ...ZoomApp::SCOPES, ZoomApp::SETTINGS_SCOPE ),
			'admin_scopes'        => ZoomApp::admin_scopes(),
			'events'              => ZoomApp::EVENTS,
		);
	}

	protected function write( #[\SensitiveParameter] array $changes ): void {
		if ( isset( $changes['personal_links'] ) ) {
			$changes['personal_links'] = ZoomSettingsForm::is_on( $changes['personal_links'] ) ? 'Yes' : 'No';
		}
		$after = $this->credentials( $changes, $this->settings->zoom(), array( 'auth_type', 'client_id', 'client_secret' ) );
		if ( AuthType::OAuth->value === $after['auth_type'] && in_array( '', $after, true ) ) {
			throw new \InvalidArgumentException( __( 'Client ID and client secret of the Zoom app are needed for OAuth.', 'kivicare-telemed' ) );
		}
		$this->settings->save_zoom( $this->bridge, $changes );
		$this->offers_made = $this->offers->after_saving();
	}

	protected function outcome(): array {
		return AdminOffersController::report( $this->offers_made );
	}

	protected function probe( #[\SensitiveParameter] array $typed ): array {
		$stored = $this->settings->zoom();
		if ( AuthType::OAuth->value === ( $typed['auth_type'] ?? $stored['auth_type'] ) ) {
			$complete = ! in_array( '', $this->credentials( $typed, $stored, array( 'client_id', 'client_secret' ) ), true );
			return $complete
				? $this->verdict( true, 'untested', __( 'The credentials are complete. Zoom checks an OAuth app only when a doctor connects: let one doctor connect to see whether it works.', 'kivicare-telemed' ) )
				: $this->verdict( false, 'incomplete', __( 'Client ID and client secret of the Zoom app are needed for OAuth.', 'kivicare-telemed' ) );
		}
		$keys = $this->credentials( $typed, $stored, array( 'account_id', 'client_id', 'client_secret' ) );
		if ( in_array( '', $keys, true ) ) {
			return $this->verdict( false, 'incomplete', __( 'Account ID, client ID and client secret are all needed.', 'kivicare-telemed' ) );
		}
		$answer = $this->bridge->probe( $keys + array( 'doctor_id' => 0, 'host' => '' ) );
		return 'done' === $answer['state']
			? $this->verdict( true, '', __( 'The connection to Zoom works.', 'kivicare-telemed' ) )
			: $this->verdict( false, (string) $answer['reason'], Diagnosis::of( Provider::Zoom, $answer ) );
	}
}
