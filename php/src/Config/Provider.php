<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Links\SiteAddress;

/**
 * A meeting provider with KiviCare's id and the names under which its add-on keeps things.
 */
enum Provider: string {

	case Zoom       = 'zoom';
	case GoogleMeet = 'googlemeet';

	public function label(): string {
		return match ( $this ) {
			self::Zoom       => 'Zoom',
			self::GoogleMeet => 'Google Meet',
		};
	}

	/**
	 * The company, as consent pages call it.
	 */
	public function company(): string {
		return match ( $this ) {
			self::Zoom       => 'Zoom',
			self::GoogleMeet => 'Google',
		};
	}

	/**
	 * User meta with a doctor's sealed tokens.
	 */
	public function tokens_key(): string {
		return match ( $this ) {
			self::Zoom       => DoctorConnections::ZOOM_TOKENS,
			self::GoogleMeet => DoctorConnections::MEET_TOKENS,
		};
	}

	/**
	 * User meta that is "on" for a doctor who is connected.
	 */
	public function connect_key(): string {
		return match ( $this ) {
			self::Zoom       => DoctorConnections::ZOOM_CONNECT,
			self::GoogleMeet => DoctorConnections::MEET_CONNECT,
		};
	}

	/**
	 * User meta with the provider's id of the account that consented.
	 */
	public function identity_key(): string {
		return match ( $this ) {
			self::Zoom       => DoctorConnections::ZOOM_IDENTITY,
			self::GoogleMeet => DoctorConnections::MEET_IDENTITY,
		};
	}

	/**
	 * Last part of the add-on's REST routes under kivicare/v1/settings/.
	 */
	public function route(): string {
		return match ( $this ) {
			self::Zoom       => 'zoom-telemed',
			self::GoogleMeet => 'googlemeet',
		};
	}

	/**
	 * The doctor's page in KiviCare's dashboard.
	 */
	public function doctor_page(): string {
		return match ( $this ) {
			self::Zoom       => 'setting/zoom-configuration',
			self::GoogleMeet => 'setting/google-meet-configuration',
		};
	}

	/**
	 * Redirect URL as it must be registered with the provider's app: the original add-on's, so it cannot change.
	 */
	public function redirect_url(): string {
		return SiteAddress::current()->at_provider( 'kivicare/v1/settings/' . $this->route() . '/callback' );
	}

	public function other(): self {
		return self::Zoom === $this ? self::GoogleMeet : self::Zoom;
	}
}
