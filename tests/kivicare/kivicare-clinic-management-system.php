<?php
/**
 * Plugin Name: KiviCare contract (tests)
 * Description: The extension points, tables and order of events of KiviCare 4.3.0 that a telemed provider meets.
 * Version: 4.3.0
 * Requires PHP: 8.2
 */

declare(strict_types=1);

define( 'KIVI_CARE_VERSION', '4.3.0' );

// The base classes of models; illuminate/collections has this name in the real plugin.
require __DIR__ . '/app/Collection.php';

spl_autoload_register(
	static function ( string $class ): void {
		if ( str_starts_with( $class, 'App\\' ) ) {
			$file = __DIR__ . '/app/' . substr( $class, (int) strrpos( $class, '\\' ) + 1 ) . '.php';
			if ( is_readable( $file ) ) {
				require $file;
			}
		}
	},
	true,
	true
);

require __DIR__ . '/app/tables.php';
register_activation_hook( __FILE__, 'kct_contract_activate' );

function isKiviCareTelemedActive(): bool {
	return defined( 'KIVICARE_TELEMED_VERSION' );
}

/**
 * Contract §5: only a prefixed role leads to a dashboard.
 */
function kc_get_dashboard_url( $role = null ): string {
	if ( ! is_string( $role ) || ! str_starts_with( $role, 'kiviCare_' ) ) {
		return home_url();
	}
	$slug = str_replace( array( 'kiviCare_', '_' ), array( '', '-' ), $role );
	return get_option( 'permalink_structure' ) ? home_url( "kivicare-$slug-dashboard" ) : home_url( "/?kc_dashboard_type=$role" );
}

add_action( 'init', array( App\baseClasses\KCTelemedFactory::class, 'init' ) );
foreach ( array( 'AppointmentRoutes', 'ReadRoutes', 'DeletionRoutes' ) as $kct_routes ) {
	add_action( 'rest_api_init', array( 'App\\controllers\\' . $kct_routes, 'register' ) );
}
add_action( 'kc_appointment_auto_close', array( App\controllers\AppointmentRoutes::class, 'auto_close' ) );
add_filter( 'rest_pre_dispatch', array( App\controllers\AppointmentRoutes::class, 'refuse_anonymous' ), 10, 3 );
add_action( 'kc_after_create_appointment', array( App\emails\LinkMails::class, 'enqueue' ) );
add_action( 'kct_test_run_queue', array( App\emails\LinkMails::class, 'send' ) );
add_action( 'template_redirect', array( App\controllers\DashboardPages::class, 'show' ), 0 );
