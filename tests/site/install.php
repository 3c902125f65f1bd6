<?php
/**
 * Installs WordPress into the throw-away site and activates KiviCare and this plugin, each in a process of its own
 * as an administrator's clicks would be.
 */

declare(strict_types=1);

$step = $argv[1] ?? 'all';
$site = (string) getenv( 'WORDPRESS_PATH' );
$url  = parse_url( (string) getenv( 'SITE_URL' ) );

$_SERVER += array(
	'HTTP_HOST'       => $url['host'] . ':' . $url['port'],
	'SERVER_NAME'     => $url['host'],
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);

if ( 'all' === $step ) {
	foreach ( array( 'wordpress', 'kivicare-clinic-management-system/kivicare-clinic-management-system.php', 'kivicare-telemed/kivicare-telemed.php' ) as $part ) {
		$command = array( PHP_BINARY, '-d', 'extension=' . ( getenv( 'TELEMED_EXTENSION_FILE' ) ?: dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so' ), __FILE__, $part );
		passthru( implode( ' ', array_map( 'escapeshellarg', $command ) ), $status );
		if ( 0 !== $status ) {
			exit( $status );
		}
	}
	exit( 0 );
}

if ( 'wordpress' === $step ) {
	define( 'WP_INSTALLING', true );
	require $site . '/wp-load.php';
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	if ( ! is_blog_installed() ) {
		wp_install( 'Telemed', 'admin', 'admin@example.test', true, '', (string) getenv( 'SEED_PASSWORD' ) );
	}
	update_option( 'permalink_structure', '/%postname%/' );
	update_option( 'timezone_string', '' );
	update_option( 'gmt_offset', '5.5' );
	exit( 0 );
}

require $site . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_set_current_user( 1 );
$result = activate_plugin( $step );
if ( is_wp_error( $result ) ) {
	fwrite( STDERR, $step . ': ' . $result->get_error_message() . "\n" . wp_json_encode( $result->get_error_data() ) . "\n" );
	exit( 1 );
}
flush_rewrite_rules();
