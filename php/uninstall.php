<?php
/**
 * Removes what only this plugin uses; see Install\Uninstaller for what stays.
 *
 * @package KiviCare\Telemed
 */

declare( strict_types=1 );

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/autoload.php';

( new KiviCare\Telemed\Install\Uninstaller( $GLOBALS['wpdb'], new KiviCare\Telemed\Install\Schema( $GLOBALS['wpdb'] ) ) )->run();
