<?php
/**
 * What the stack's tests need to see and to break. Never part of the plugin.
 */

declare(strict_types=1);

// Mail goes to a file, one JSON object a line.
add_filter(
	'pre_wp_mail',
	static function ( $sent, array $mail ): bool {
		file_put_contents( TELEMED_STACK_RUN . '/mail.jsonl', wp_json_encode( $mail ) . "\n", FILE_APPEND | LOCK_EX );
		return true;
	},
	10,
	2
);

// Which worker answered, and how big it is at the end of its request.
add_filter(
	'rest_pre_serve_request',
	static function ( $served ) {
		$pages = (int) explode( ' ', (string) file_get_contents( '/proc/self/statm' ) )[1];
		header( 'X-Worker-Pid: ' . getmypid() );
		header( 'X-Worker-Rss: ' . $pages * 4 );
		return $served;
	}
);

// A listener that fails after the meeting was made: KiviCare rolls its booking back.
add_action(
	'kc_after_create_appointment',
	static function (): void {
		if ( '' !== (string) get_option( 'telemed_stack_break_booking', '' ) ) {
			throw new RuntimeException( 'a listener failed on purpose' );
		}
	},
	999
);

require __DIR__ . '/telemed-stack/pages.php';
