<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * Names our providers to KiviCare's factory.
 */
final class ProviderRegistration implements Registerable {

	public function register(): void {
		add_filter( 'kc_telemed_providers', array( $this, 'add' ) );
	}

	/**
	 * Adds Zoom and Google Meet.
	 *
	 * @param mixed $providers Providers by id.
	 * @return array<string, array<string, string>>
	 */
	public function add( $providers ): array {
		$providers = is_array( $providers ) ? $providers : array();

		$providers['zoom'] = array(
			'class'        => ZoomProvider::class,
			'settings_key' => Settings::OPTION,
			'description'  => 'Zoom',
		);

		$providers['googlemeet'] = array(
			'class'        => MeetProvider::class,
			'settings_key' => GoogleSettings::OPTION,
			'description'  => 'Google Meet',
		);
		return $providers;
	}
}
