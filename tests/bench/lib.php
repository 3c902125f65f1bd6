<?php
/**
 * What benches share: the sandbox's admin port, doctors with connections, appointments past the dashboard.
 */

declare(strict_types=1);

$_SERVER += array( 'HTTP_HOST' => '127.0.0.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1' );
require getenv( 'WORDPRESS_PATH' ) . '/wp-load.php';
require dirname( __DIR__ ) . '/site/seed-lib.php';

function kct_run(): array {
	static $run = null;
	return $run ??= array(
		'sandbox' => json_decode( (string) file_get_contents( KCT_RUN . '/sandbox.json' ), true ),
		'seed'    => json_decode( (string) file_get_contents( KCT_RUN . '/seed.json' ), true ),
	);
}

function kct_admin( string $method, string $path, ?array $body = null ): array {
	$options = array( 'method' => $method, 'header' => 'content-type: application/json', 'content' => (string) json_encode( $body ), 'timeout' => 60 );
	return (array) json_decode( (string) file_get_contents( kct_run()['sandbox']['admin_url'] . $path, false, stream_context_create( array( 'http' => $options ) ) ), true );
}

/**
 * Statements our database has run so far.
 */
function kct_questions(): int {
	global $wpdb;
	return (int) $wpdb->get_row( "SHOW GLOBAL STATUS LIKE 'Questions'" )->Value;
}
