<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

/**
 * On what way an action came about.
 */
final class Source {

	/**
	 * Source of the running request: web, cli, cron or webhook.
	 */
	public static function current(): string {
		return match ( true ) {
			defined( 'WP_CLI' ) && WP_CLI => 'cli',
			// Action Scheduler's own runner comes as an ordinary request.
			wp_doing_cron(), did_action( 'action_scheduler_before_process_queue' ) > 0 => 'cron',
			str_starts_with( self::route(), '/kivicare-telemed/v1/webhooks/' ) => 'webhook',
			default => 'web',
		};
	}

	/**
	 * REST route of the request, empty outside of REST.
	 */
	public static function route(): string {
		$route = $GLOBALS['wp']->query_vars['rest_route'] ?? '';
		return is_string( $route ) ? $route : '';
	}
}
