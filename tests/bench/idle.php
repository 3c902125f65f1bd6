<?php
/**
 * What a sweep costs when there is nothing to do, over a long history: statements, time, memory; the same with a tenth of it.
 */

declare(strict_types=1);

require __DIR__ . '/lib.php';

global $wpdb;
$run    = kct_run();
$prefix = $wpdb->prefix;
add_filter( 'pre_wp_mail', '__return_true' );

/**
 * Adds closed visits with their meetings and done operations, up to this many.
 */
$history = static function ( int $count ) use ( $wpdb, $prefix, $run ): void {
	$have = (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$prefix}kc_appointments WHERE visit_type = 'history'" );
	while ( $have < $count ) {
		$rows = array();
		for ( $i = 0; $i < 1000; $i++ ) {
			$rows[] = $wpdb->prepare( "('2021-03-05','10:00:00','2021-03-05','10:30:00','history',%d,%d,%d,'',3,'2021-03-01 00:00:00','UTC')", $run['seed']['clinic_id'], $run['seed']['doctor_id'], $run['seed']['patient_id'] );
		}
		$wpdb->query( "INSERT INTO {$prefix}kc_appointments (appointment_start_date, appointment_start_time, appointment_end_date, appointment_end_time, visit_type, clinic_id, doctor_id, patient_id, description, status, created_at, appointment_timezone) VALUES " . implode( ',', $rows ) );
		$have += 1000;
	}
	$missing = "FROM {$prefix}kc_appointments a WHERE a.visit_type = 'history' AND NOT EXISTS (SELECT 1 FROM {$prefix}kc_appointment_zoom_mappings m WHERE m.appointment_id = a.id)";
	$wpdb->query( "INSERT INTO {$prefix}kc_appointment_service_mapping (appointment_id, service_id, status, created_at) SELECT a.id, {$run['seed']['service_id']}, 1, a.created_at {$missing}" );
	$wpdb->query( "INSERT INTO {$prefix}kc_telemed_operations (appointment_id, doctor_id, provider, kind, state, marker, request, created_at, updated_at) SELECT a.id, a.doctor_id, 'zoom', 'create', 'done', MD5(a.id), '{}', '2021-03-01', '2021-03-01' {$missing}" );
	$wpdb->query( "INSERT INTO {$prefix}kc_appointment_zoom_mappings (appointment_id, zoom_id, join_url, extra, ends_at) SELECT a.id, a.id, 'https://zoom.example/j/1', '{\"start_time\":\"2021-03-05T10:00:00Z\",\"duration\":30}', '2021-03-05 10:30:00' {$missing}" );
};

/**
 * One quiet sweep.
 *
 * @return array{float, int, float} Milliseconds, statements, MiB.
 */
$measure = static function (): array {
	$sweep = KiviCare\Telemed\Plugin::instance()->sweep();
	$best  = array( INF, PHP_INT_MAX );
	for ( $round = 0; $round < 5; $round++ ) {
		$statements = kct_questions();
		$start      = hrtime( true );
		0 === $sweep->run() || throw new RuntimeException( 'there was something to do' );
		$best = array( min( $best[0], ( hrtime( true ) - $start ) / 1e6 ), min( $best[1], kct_questions() - $statements - 1 ) );
	}
	return array( $best[0], $best[1], memory_get_peak_usage( true ) / 1048576 );
};

// What earlier tests left is settled, and new appointments have all been seen.
$settle = static function () use ( $wpdb, $prefix ): void {
	do_action( 'kivicare_telemed_sweep' );
	$wpdb->query( "DELETE FROM {$prefix}kc_telemed_noted" );
	$wpdb->query( "UPDATE {$prefix}kc_telemed_operations SET state = 'done' WHERE state <> 'done'" );
	for ( $round = 0; $round < 200; $round++ ) {
		$before = get_option( 'kivicare_telemed_sweep_progress' );
		KiviCare\Telemed\Plugin::instance()->sweep()->run();
		if ( is_array( $before ) && $before['seen'] === get_option( 'kivicare_telemed_sweep_progress' )['seen'] ) {
			return;
		}
	}
};
$history( 10000 );
$settle();
$short = $measure();
$history( 100000 );
$settle();
$long = $measure();
printf( "RESULT idle_sweep_10000 %.1f ms\nRESULT idle_sweep_100000 %.1f ms\nRESULT idle_sweep_growth %.2f ratio\n", $short[0], $long[0], $long[0] / $short[0] );
printf( "RESULT idle_sweep_statements_10000 %d statements\nRESULT idle_sweep_statements %d statements\nRESULT idle_sweep_peak_memory %.0f MiB\n", $short[1], $long[1], $long[2] );
