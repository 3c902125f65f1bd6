<?php
/**
 * Connects as WordPress does and as the extension does, with the constants given as JSON, and prints who got through.
 * A process of its own, because constants and php.ini cannot be changed within one.
 */

declare( strict_types=1 );

$kct_given = (array) json_decode( (string) $argv[1], true, 8, JSON_THROW_ON_ERROR );
foreach ( $kct_given as $kct_name => $kct_value ) {
	define( $kct_name, $kct_value );
}
define( 'ABSPATH', rtrim( (string) $_SERVER['WORDPRESS_PATH'], '/' ) . '/' );
define( 'WPINC', 'wp-includes' );
define( 'WP_DEBUG', false );
define( 'WP_CONTENT_DIR', ABSPATH . 'wp-content' );
// wpdb's constructor then leaves the connection to us.
define( 'WP_SETUP_CONFIG', true );
foreach ( array( 'compat', 'load', 'plugin', 'functions', 'class-wpdb' ) as $kct_file ) {
	require ABSPATH . WPINC . "/$kct_file.php";
}
require dirname( __DIR__, 3 ) . '/php/autoload.php';

$wpdb           = new wpdb( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
$kct_wordpress  = true === $wpdb->db_connect( false ) && '1' === $wpdb->get_var( 'SELECT 1' );
$kct_message    = '';
$wpdb->prefix   = 'wp_';
$kct_nowhere    = 'https://127.0.0.1:1';
$kct_constants  = new KiviCare\Telemed\Config\Constants();
$kct_config     = array(
	'site'   => '00112233445566778899aabbccddeeff',
	'db'     => ( new KiviCare\Telemed\Config\DatabaseSettings( $wpdb, $kct_constants ) )->to_array(),
	'keys'   => array(),
	'zoom'   => array( 'api_url' => $kct_nowhere, 'oauth_url' => $kct_nowhere ),
	'google' => array( 'auth_url' => $kct_nowhere, 'token_url' => $kct_nowhere, 'revoke_url' => $kct_nowhere, 'api_url' => $kct_nowhere ),
	'http'   => array( 'ca_file' => $kct_constants->text( 'CA_FILE' ), 'allow_http' => true ),
);
try {
	( new KiviCare\Telemed\Native\Upkeep( new KiviCare\Telemed\Native\Config( $kct_config ) ) )->ping();
} catch ( KiviCare\Telemed\Native\Exception\TelemedException $kct_error ) {
	$kct_message = $kct_error->getMessage();
}
echo json_encode( array( 'wordpress' => $kct_wordpress, 'extension' => '' === $kct_message, 'message' => $kct_message ) );
