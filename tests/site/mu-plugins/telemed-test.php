<?php
/**
 * Plugin Name: Test helpers of the throw-away site
 * Mails are written to a file instead of being sent, responses name their worker, and a booking can be made to fail
 * after its meeting was made.
 */

declare(strict_types=1);

add_filter(
	'pre_wp_mail',
	static function ( $handled, array $mail ) {
		$line = array(
			'to'      => is_array( $mail['to'] ) ? implode( ',', $mail['to'] ) : $mail['to'],
			'subject' => $mail['subject'],
			'message' => $mail['message'],
			// Whether our plugin sends it, or KiviCare by itself.
			'ours'    => array() !== array_filter( debug_backtrace( DEBUG_BACKTRACE_IGNORE_ARGS ), static fn( array $call ): bool => str_starts_with( $call['class'] ?? '', 'KiviCare\\Telemed\\' ) ),
		);
		file_put_contents( KCT_RUN . '/mail.jsonl', wp_json_encode( $line ) . "\n", FILE_APPEND | LOCK_EX );
		return true;
	},
	10,
	2
);

// What listeners of our actions see.
foreach ( array( 'kc_zoom_meeting_started', 'kc_zoom_meeting_ended', 'kc_zoom_participant_joined', 'kc_zoom_participant_left' ) as $kct_action ) {
	add_action(
		$kct_action,
		static function ( $id, $event ) use ( $kct_action ): void {
			file_put_contents( KCT_RUN . '/actions.jsonl', wp_json_encode( array( $kct_action, $id, $event ) ) . "\n", FILE_APPEND | LOCK_EX );
		},
		10,
		2
	);
}

// Queries of a request on the mapping table, so that a test can count them.
add_filter(
	'query',
	static function ( $query ) {
		$GLOBALS['kct_queries'] = ( $GLOBALS['kct_queries'] ?? 0 ) + (int) str_contains( (string) $query, 'kc_appointment_zoom_mappings' );
		return $query;
	}
);

add_filter(
	'rest_post_dispatch',
	static function ( $response ) {
		$pages = explode( ' ', (string) file_get_contents( '/proc/self/statm' ) );
		$response->header( 'X-Mapping-Queries', (string) ( $GLOBALS['kct_queries'] ?? 0 ) );
		$response->header( 'X-Worker', getmypid() . ' ' . (int) $pages[1] * 4 );
		class_exists( 'KiviCare\\Telemed\\Site\\Identity' ) && $response->header( 'X-Site-State', KiviCare\Telemed\Site\Identity::state()->value );
		return $response;
	},
	1000
);

// A listener that throws before KiviCare commits: the way a booking is rolled back after its meeting was made.
add_action(
	'kc_after_create_appointment',
	static function (): void {
		if ( file_exists( KCT_RUN . '/fail-after-create' ) ) {
			throw new RuntimeException( 'rolled back for a test' );
		}
	},
	1000
);
