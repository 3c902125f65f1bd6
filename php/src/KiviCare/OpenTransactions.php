<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Whether KiviCare may have a transaction open on $wpdb. Its early returns leave one open until the request ends, and
 * databases do not say so everywhere; what was sent does.
 */
final class OpenTransactions implements Registerable {

	private const BEGINS = '/^\s*(?:START\s+TRANSACTION|BEGIN\b|SET\s+(?:SESSION\s+)?autocommit\s*=\s*0)/i';
	private const ENDS   = '/^\s*(?:COMMIT|ROLLBACK(?!\s+(?:WORK\s+)?TO\b)|SET\s+(?:SESSION\s+)?autocommit\s*=\s*1)/i';

	private static bool $open = false;

	/**
	 * Whether a transaction was open since forget_reads(): what was read then may never come true.
	 */
	private static bool $read_in_one = false;

	public function register(): void {
		add_filter( 'query', array( self::class, 'watch' ), 1 );
	}

	/**
	 * Looks at a statement that is about to be sent, and leaves it as it is.
	 *
	 * @param mixed $sql Statement.
	 * @return mixed
	 */
	public static function watch( $sql ) {
		// Nearly all begin with SELECT; only four letters matter. While ours stands in, theirs is not spoken to.
		if ( ! is_string( $sql ) || $GLOBALS['wpdb'] instanceof CommittedDatabase || 0 === strncasecmp( $sql, 'SELECT', 6 ) || false === stripos( 'SBCR', ltrim( $sql )[0] ?? ' ' ) ) {
			return $sql;
		}
		if ( 1 === preg_match( self::BEGINS, $sql ) ) {
			self::$open        = true;
			self::$read_in_one = true;
		} elseif ( 1 === preg_match( self::ENDS, $sql ) ) {
			self::$open = false;
		}
		return $sql;
	}

	public static function may_be_open(): bool {
		return self::$open;
	}

	/**
	 * Drops what this process has cached since a transaction began. Nothing happens where there was none.
	 */
	public static function forget_reads(): void {
		if ( ! self::$read_in_one ) {
			return;
		}
		self::$read_in_one = self::$open;
		if ( function_exists( 'wp_cache_supports' ) && wp_cache_supports( 'flush_runtime' ) ) {
			wp_cache_flush_runtime();
		}
	}
}
