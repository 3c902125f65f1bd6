<?php
/**
 * Installs WordPress and activates the plugins: php install.php SITE install|activate. ADMIN_PASSWORD is the
 * administrator's. Activation runs in a process of its own, as it does on a site, because plugins load at start-up.
 */

declare(strict_types=1);

[ , $site ] = $argv;
$step       = $argv[2] ?? 'all';

if ( 'all' === $step ) {
	foreach ( array( 'install', 'activate kivicare-clinic-management-system', 'activate kivicare-telemed', 'settle' ) as $part ) {
		$command = escapeshellarg( PHP_BINARY ) . ' -d extension=' . escapeshellarg( dirname( $site ) . '/kivicare_telemed.so' );
		passthru( $command . ' ' . escapeshellarg( __FILE__ ) . ' ' . escapeshellarg( $site ) . ' ' . $part, $status );
		if ( 0 !== $status ) {
			fwrite( STDERR, "$part failed\n" );
			exit( 1 );
		}
	}
	exit( 0 );
}

$_SERVER += array(
	'HTTP_HOST'       => 'localhost',
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);
if ( 'install' === $step ) {
	define( 'WP_INSTALLING', true );
}
require $site . '/wp-load.php';

if ( 'install' === $step ) {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	wp_install( 'Telemed clinic', 'admin', 'admin@clinic.example', false, '', (string) getenv( 'ADMIN_PASSWORD' ) );
	update_option( 'permalink_structure', '/%postname%/' );
	// Half an hour off, and no IANA name: KiviCare then passes "+05:30" to providers.
	update_option( 'timezone_string', '' );
	update_option( 'gmt_offset', '5.5' );
	update_option( 'template', 'telemed-stack' );
	update_option( 'stylesheet', 'telemed-stack' );
	exit( 0 );
}

if ( 'activate' === $step ) {
	require_once ABSPATH . 'wp-admin/includes/plugin.php';
	wp_set_current_user( 1 );
	$slug   = $argv[3];
	$result = activate_plugin( current( array_keys( get_plugins( '/' . $slug ) ) ) ? $slug . '/' . current( array_keys( get_plugins( '/' . $slug ) ) ) : $slug );
	if ( is_wp_error( $result ) ) {
		fwrite( STDERR, $slug . ': ' . $result->get_error_message() . "\n" );
		exit( 1 );
	}
	exit( 0 );
}

// The first full request after activation finishes migrations and rewrite rules.
flush_rewrite_rules( false );
