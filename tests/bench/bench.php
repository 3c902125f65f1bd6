<?php
/**
 * Runs inside php-fpm: the same create through the extension (lock, journal and mapping row included) and through
 * wp_remote_post, interleaved, with connections and requests counted at the proxy and at the provider.
 */

declare(strict_types=1);

require __DIR__ . '/wp-load.php';
header( 'Content-Type: text/plain' );

use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\NativeSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Native\Config;
use KiviCare\Telemed\Native\Telemed;

const KCT_CALLS = 40;

function kct_admin( string $url, ?array $body = null ): array {
	$options = array( 'method' => null === $body ? 'GET' : 'POST', 'header' => 'content-type: application/json', 'content' => (string) json_encode( $body ) );
	return json_decode( (string) file_get_contents( $url, false, stream_context_create( array( 'http' => $options ) ) ), true );
}

function kct_median( array $values ): float {
	sort( $values );
	return $values[ intdiv( count( $values ), 2 ) ];
}

global $wpdb;
$sandbox   = json_decode( (string) file_get_contents( KCT_RUN . '/sandbox.json' ), true );
$proxy     = json_decode( (string) file_get_contents( KCT_RUN . '/proxy.json' ), true );
$constants = new Constants();
$telemed   = new Telemed( new Config( ( new NativeSettings( $wpdb, new Settings( $constants ), new GoogleSettings( $constants ), $constants ) )->to_array() ) );
$grant     = kct_admin( $sandbox['admin_url'] . '/grants', array( 'client_id' => 'sandbox-client', 'user' => 'doctor@example.test' ) );
$start     = new DateTimeImmutable( '2032-01-01 08:00:00' );
$first     = 900000 + (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->prefix}kc_telemed_operations" );

$native = static function ( int $call ) use ( $telemed, $start, $first ): void {
	$outcome = $telemed->createMeeting(
		array(
			'appointment_id'    => $first + $call,
			'provider'          => 'zoom',
			'doctor_id'         => 2,
			'start'             => $start->modify( "+$call hours" )->format( 'Y-m-d H:i:s' ),
			'timezone'          => 'UTC',
			'fallback_timezone' => 'UTC',
			'duration_minutes'  => 30,
			'topic'             => 'Video consultation',
			'start_url'         => 'https://clinic.example.test/start',
			'host'              => 'doctor@example.test',
			'doctor_tokens'     => false,
		)
	);
	'ready' === $outcome['state'] || throw new RuntimeException( $outcome['message'] );
};
$plain  = static function ( int $call ) use ( $grant, $sandbox, $start ): void {
	$answer = wp_remote_post(
		KIVICARE_TELEMED_ZOOM_API_URL . '/users/me/meetings',
		array(
			'timeout'         => 10,
			'sslcertificates' => $sandbox['ca_file'],
			'headers'         => array( 'Authorization' => 'Bearer ' . $grant['access_token'], 'Content-Type' => 'application/json' ),
			'body'            => wp_json_encode(
				array(
					'topic'      => 'Video consultation',
					'type'       => 2,
					'start_time' => $start->modify( "+$call hours" )->format( 'Y-m-d\TH:i:s\Z' ),
					'timezone'   => 'UTC',
					'duration'   => 30,
					'password'   => 'Ab3-Xk9Tq2',
					'settings'   => array( 'waiting_room' => true, 'join_before_host' => false ),
				)
			),
		)
	);
	201 === wp_remote_retrieve_response_code( $answer ) || throw new RuntimeException( is_wp_error( $answer ) ? $answer->get_error_message() : wp_remote_retrieve_body( $answer ) );
};

// Warm: the first call of each opens connections, loads classes and, for the extension, fetches the hour's token.
$native( 0 );
$plain( 0 );
$runs = array( 'extension' => array( $native, array(), 0, 0 ), 'wp_remote_post' => array( $plain, array(), 0, 0 ) );
for ( $call = 1; $call <= KCT_CALLS; $call++ ) {
	foreach ( $runs as &$run ) {
		$before  = array( kct_admin( $proxy['admin_url'] . '/stats' )['connections'], kct_admin( $sandbox['admin_url'] . '/state?log=0' )['counters']['requests'] );
		$begin   = hrtime( true );
		$run[0]( $call );
		$run[1][] = ( hrtime( true ) - $begin ) / 1e6;
		$run[2]  += kct_admin( $proxy['admin_url'] . '/stats' )['connections'] - $before[0];
		$run[3]  += kct_admin( $sandbox['admin_url'] . '/state?log=0' )['counters']['requests'] - $before[1];
	}
	unset( $run );
}
foreach ( $runs as $name => list( , $times, $connections, $requests ) ) {
	printf( "RESULT create_meeting_%s %.1f ms\n", $name, kct_median( $times ) );
	printf( "RESULT connections_per_call_%s %.2f connections\n", $name, $connections / KCT_CALLS );
	printf( "RESULT requests_per_call_%s %.2f requests\n", $name, $requests / KCT_CALLS );
}
printf( "RESULT create_meeting_vs_wp_http %.2f ratio\n", kct_median( $runs['extension'][1] ) / kct_median( $runs['wp_remote_post'][1] ) );
