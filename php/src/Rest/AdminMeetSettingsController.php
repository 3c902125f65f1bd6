<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * Google Meet on the administrator's screen.
 */
final class AdminMeetSettingsController extends AdminSettingsController {

	public function __construct(
		private readonly GoogleSettings $settings,
		private readonly Bridge $bridge
	) {}

	protected function provider(): Provider {
		return Provider::GoogleMeet;
	}

	protected function fields(): array {
		return array(
			'enableCal'        => '',
			'client_id'        => 'GOOGLE_CLIENT_ID',
			'client_secret'    => 'GOOGLE_CLIENT_SECRET',
			'app_name'         => '',
			'send_updates'     => '',
			'reminder_minutes' => '',
		);
	}

	protected function masked(): array {
		return $this->settings->for_display();
	}

	protected function app(): array {
		return array(
			'redirect_url' => Provider::GoogleMeet->redirect_url(),
			'push_url'     => ( new Constants() )->text( 'PUSH_URL' ) ?? SiteAddress::current()->at_provider( self::ROUTES . '/webhooks/google' ),
			'landing_url'  => SiteAddress::current()->registered() . '/',
			'scopes'       => array( 'https://www.googleapis.com/auth/calendar' ),
		);
	}

	protected function write( #[\SensitiveParameter] array $changes ): void {
		if ( isset( $changes['enableCal'] ) ) {
			// KiviCare compares with exactly this spelling.
			$changes['enableCal'] = ZoomSettingsForm::is_on( $changes['enableCal'] ) ? 'Yes' : 'No';
		}
		$this->settings->save( $this->bridge, $changes );
	}

	protected function probe( #[\SensitiveParameter] array $typed ): array {
		$keys = $this->credentials( $typed, $this->settings->all(), array( 'client_id', 'client_secret' ) );
		if ( in_array( '', $keys, true ) ) {
			return $this->verdict( false, 'incomplete', __( 'Client ID and client secret of the Google Cloud app are needed.', 'kivicare-telemed' ) );
		}
		$answer = $this->bridge->probe_google( $keys + array( 'doctor_id' => 0 ) );
		return 'done' === $answer['state']
			? $this->verdict( true, '', __( 'Google knows the client ID and the client secret. A connected doctor can test the calendar too.', 'kivicare-telemed' ) )
			: $this->verdict( false, (string) $answer['reason'], Diagnosis::of( Provider::GoogleMeet, $answer ) );
	}
}
