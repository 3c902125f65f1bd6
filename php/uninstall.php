<?php
/**
 * Removes our options and journal. Mapping tables, settings and connections carry the names KiviCare's own add-ons
 * use and stay, so that nothing of the clinic's is lost.
 *
 * @package KiviCare\Telemed
 */

declare( strict_types=1 );

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/autoload.php';

( new KiviCare\Telemed\Install\Installer( new KiviCare\Telemed\Install\Schema( $GLOBALS['wpdb'] ) ) )->uninstall();
