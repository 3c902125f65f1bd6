<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Rest\Gate;

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
	 * Who acts: pages of a browser come without a nonce, so WordPress itself does not say there. Cron is nobody.
	 */
	public static function actor(): int {
		return 'cron' === self::current() ? get_current_user_id() : Gate::visitor();
	}

	/**
	 * What led to it: sweep, queue, a command without its values, or the route of the request.
	 */
	public static function trigger(): string {
		return match ( true ) {
			doing_action( Sweep::ACTION ) => 'sweep',
			doing_action( Schedule::WORK ) => 'queue',
			'cli' === self::current() => self::command(),
			default => self::route(),
		};
	}

	/**
	 * Words of the running WP-CLI command; of a foreign one only the first, for the next may be anything.
	 */
	private static function command(): string {
		$words = is_callable( array( \WP_CLI::class, 'get_runner' ) ) ? array_filter( (array) \WP_CLI::get_runner()->arguments, 'is_string' ) : array();
		$ours  = 'kivicare-telemed' === ( $words[0] ?? '' );
		return implode( ' ', preg_grep( '/^[a-z-]+$/', array_slice( $words, $ours ? 1 : 0, $ours ? 2 : 1 ) ) ?: array() );
	}

	/**
	 * REST route of the request, empty outside of REST.
	 */
	public static function route(): string {
		$route = $GLOBALS['wp']->query_vars['rest_route'] ?? '';
		return is_string( $route ) ? $route : '';
	}
}
