<?php
/**
 * Plugin Name:       KiviCare Telemed
 * Description:       Zoom and Google Meet for KiviCare appointments, driven by the kivicare_telemed PHP extension.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      8.2
 * License:           GPL-2.0-or-later
 * Text Domain:       kivicare-telemed
 * Domain Path:       /languages
 *
 * @package KiviCare\Telemed
 */

declare( strict_types=1 );

// This file must parse on old PHP: WordPress checks the header only on activation, not after a downgrade.
defined( 'ABSPATH' ) || exit;

if ( version_compare( PHP_VERSION, '8.2', '<' ) ) {
	add_action(
		'admin_notices',
		function () {
			echo '<div class="notice notice-error"><p>';
			echo esc_html__( 'KiviCare Telemed needs PHP 8.2 or newer. Ask your host to raise the PHP version.', 'kivicare-telemed' );
			echo '</p></div>';
		}
	);
	return;
}

require_once __DIR__ . '/autoload.php';

register_activation_hook( __FILE__, array( 'KiviCare\\Telemed\\Install\\Installer', 'on_activation' ) );
add_action( 'plugins_loaded', array( 'KiviCare\\Telemed\\Plugin', 'boot' ), 5 );
