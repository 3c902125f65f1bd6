<?php
/**
 * Loads an installed WordPress with KiviCare and this plugin active. Tests write committed rows: use a throw-away site.
 */

declare( strict_types=1 );

$kct_path = (string) getenv( 'WORDPRESS_PATH' );
if ( '' === $kct_path || ! is_readable( $kct_path . '/wp-load.php' ) ) {
	fwrite( STDERR, "Set WORDPRESS_PATH to a throw-away WordPress with KiviCare and KiviCare Telemed active.\n" );
	exit( 2 );
}

$_SERVER += array(
	'HTTP_HOST'       => 'localhost',
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);

// PHPUnit includes this file inside a function; WordPress expects the global scope.
global $wpdb, $wp, $wp_query, $wp_the_query, $wp_rewrite, $wp_did_header, $wp_filter, $wp_version, $table_prefix, $pagenow;
require_once $kct_path . '/wp-load.php';

spl_autoload_register(
	static function ( string $class ): void {
		$prefix = 'KiviCare\\Telemed\\Tests\\';
		if ( str_starts_with( $class, $prefix ) ) {
			require_once __DIR__ . '/' . str_replace( '\\', '/', substr( $class, strlen( $prefix ) ) ) . '.php';
		}
	}
);
