<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * Queries on KiviCare's tables. A site of a network, or one that KiviCare has left, may have none: then there is nothing to
 * be found, and nothing to be logged. Every other error is reported as usual.
 */
final class Quietly {

	/**
	 * Runs a query.
	 *
	 * @template T
	 * @param \Closure(): T $query One call of $wpdb.
	 * @return T
	 */
	public static function on( \wpdb $wpdb, \Closure $query ): mixed {
		$before = $wpdb->suppress_errors();
		$found  = $query();
		$wpdb->suppress_errors( $before );
		if ( '' !== $wpdb->last_error && ! self::is_missing( $wpdb ) ) {
			$wpdb->print_error();
		}
		return $found;
	}

	private static function is_missing( \wpdb $wpdb ): bool {
		return 1 === preg_match( "/'[^']*{$wpdb->prefix}kc_(?!telemed_|appointment_zoom_|appointment_google_)\w+' doesn't exist/", $wpdb->last_error );
	}
}
