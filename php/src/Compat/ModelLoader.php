<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Compat;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Loads the two mapping models under the names that KiviCare looks for, once its base classes can be loaded.
 */
final class ModelLoader implements Registerable {

	public const MODELS = array(
		'KCTApp\\models\\KCTAppointmentZoomMapping'        => 'KCTAppointmentZoomMapping.php',
		'KCGMApp\\models\\KCGMAppointmentGoogleMeetMapping' => 'KCGMAppointmentGoogleMeetMapping.php',
	);

	public function register(): void {
		spl_autoload_register( array( $this, 'load' ) );
	}

	public function load( string $class ): void {
		if ( isset( self::MODELS[ $class ] ) && class_exists( 'App\\baseClasses\\KCBaseModel' ) ) {
			require_once __DIR__ . '/' . self::MODELS[ $class ];
		}
	}
}
