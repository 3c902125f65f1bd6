<?php
/**
 * Five hundred cancellations that piled up, at 40 ms round trip: one run of ours beside one request after the other through
 * wp_remote_request. The sandbox keeps the providers' limits; whatever it refuses is counted.
 */

declare(strict_types=1);

require __DIR__ . '/lib.php';

use KiviCare\Telemed\Config\Provider;

const KCT_VISITS  = 500;
const KCT_DOCTORS = 20;

global $wpdb;
$run     = kct_run();
$plugin  = KiviCare\Telemed\Plugin::instance();
$doctors = array();
for ( $i = 0; $i < KCT_DOCTORS; $i++ ) {
	$doctor = kct_user( "backlog$i", 'kiviCare_doctor' );
	$email  = get_userdata( $doctor )->user_email;
	kct_doctor( $doctor, (int) $run['seed']['clinic_id'], (int) $run['seed']['service_id'], 'UTC' );
	if ( 0 === $i % 2 ) {
		kct_admin( 'POST', '/users', array( 'id' => "backlogUser$i", 'email' => $email, 'account' => "backlog-account-$i" ) );
		$grant = kct_admin( 'POST', '/grants', array( 'client_id' => $run['sandbox']['seed']['client_id'], 'user' => $email ) );
	} else {
		kct_admin( 'POST', '/google/users', array( 'email' => $email ) );
		$grant = kct_admin( 'POST', '/google/grants', array( 'client_id' => $run['sandbox']['seed']['google']['client_id'], 'user' => $email ) );
	}
	$plugin->doctors()->connect( $doctor, (string) json_encode( $grant ), 0 === $i % 2 ? Provider::Zoom : Provider::GoogleMeet );
	$doctors[] = array( $doctor, $grant['access_token'], 0 === $i % 2 );
}

/**
 * Visits with their meetings, doctors in turns.
 *
 * @return list<int>
 */
$book = static function () use ( $doctors, $run, $wpdb, $plugin ): array {
	$ids = array();
	for ( $i = 0; $i < KCT_VISITS; $i++ ) {
		$start = gmdate( 'Y-m-d H:i:s', strtotime( '2033-01-01 08:00:00 UTC' ) + $i * 3600 );
		$id    = kct_insert(
			'kc_appointments',
			array(
				'appointment_start_date' => substr( $start, 0, 10 ),
				'appointment_start_time' => substr( $start, 11 ),
				'appointment_end_date'   => substr( $start, 0, 10 ),
				'appointment_end_time'   => gmdate( 'H:i:s', strtotime( $start . ' UTC' ) + 1800 ),
				'clinic_id'              => $run['seed']['clinic_id'],
				'doctor_id'              => $doctors[ $i % KCT_DOCTORS ][0],
				'patient_id'             => $run['seed']['patient_id'],
				'status'                 => 1,
				'visit_type'             => '1',
				'description'            => '',
				'created_at'             => $start,
				'appointment_timezone'   => 'UTC',
			)
		);
		kct_insert( 'kc_appointment_service_mapping', array( 'appointment_id' => $id, 'service_id' => $run['seed']['service_id'], 'status' => 1, 'created_at' => $start ) );
		$ids[] = $id;
	}
	$plugin->runner()->run( 300, $ids );
	return $ids;
};

kct_admin( 'POST', '/limits', array( 'unlimited' => true ) );
add_filter( 'pre_wp_mail', '__return_true' );
$ours   = $book();
$theirs = $book();
$rows   = static fn( array $ids ): array => $wpdb->get_results( "SELECT appointment_id, zoom_id AS meeting_id, 'zoom' AS provider FROM {$wpdb->prefix}kc_appointment_zoom_mappings WHERE appointment_id IN (" . implode( ',', $ids ) . ") UNION ALL SELECT appointment_id, event_id, 'googlemeet' FROM {$wpdb->prefix}kc_appointment_google_meet_mappings WHERE appointment_id IN (" . implode( ',', $ids ) . ')', ARRAY_A );
KCT_VISITS === count( $rows( $ours ) ) && KCT_VISITS === count( $rows( $theirs ) ) || throw new RuntimeException( 'not every visit has its meeting: ' . count( $rows( $ours ) ) . ', ' . count( $rows( $theirs ) ) );

// What the usual plan allows from here on.
kct_admin( 'POST', '/limits', array( 'plan' => 'pro', 'daily_per_host' => 100 ) );
$refused = static fn(): int => (int) ( kct_admin( 'GET', '/state?log=0' )['counters']['by_status']['429'] ?? 0 );
$before  = $refused();
$wpdb->query( "UPDATE {$wpdb->prefix}kc_appointments SET status = 0 WHERE id IN (" . implode( ',', $ours ) . ')' );
$start  = hrtime( true );
$looked = $plugin->runner()->run( 300, $ours )['looked'];
$native = ( hrtime( true ) - $start ) / 1e9;
$left   = count( $rows( $ours ) );
$limits = $refused() - $before;

$owners = array_column( $wpdb->get_results( "SELECT id, doctor_id FROM {$wpdb->prefix}kc_appointments WHERE id IN (" . implode( ',', $theirs ) . ')', ARRAY_A ), 'doctor_id', 'id' );
$tokens = array_column( $doctors, 1, 0 );
$start  = hrtime( true );
foreach ( $rows( $theirs ) as $row ) {
	$url    = 'zoom' === $row['provider'] ? KIVICARE_TELEMED_ZOOM_API_URL . '/meetings/' . $row['meeting_id'] : KIVICARE_TELEMED_GOOGLE_API_URL . '/calendars/primary/events/' . $row['meeting_id'];
	$answer = wp_remote_request( $url, array( 'method' => 'DELETE', 'timeout' => 10, 'sslcertificates' => $run['sandbox']['ca_file'], 'headers' => array( 'Authorization' => 'Bearer ' . $tokens[ $owners[ $row['appointment_id'] ] ] ) ) );
	204 === wp_remote_retrieve_response_code( $answer ) || throw new RuntimeException( is_wp_error( $answer ) ? $answer->get_error_message() : wp_remote_retrieve_body( $answer ) );
}
$plain = ( hrtime( true ) - $start ) / 1e9;
printf( "RESULT backlog_cancels %d appointments\nRESULT backlog_left %d meetings\nRESULT backlog_limits_broken %d requests\n", $looked, $left, $limits );
printf( "RESULT backlog_runner %.2f s\nRESULT backlog_wp_remote_request %.2f s\nRESULT backlog_wp_http_vs_runner %.1f ratio\n", $native, $plain, $plain / $native );
