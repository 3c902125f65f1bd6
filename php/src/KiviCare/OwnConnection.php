<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\CachedMetas;

/**
 * Work that must not touch the transaction KiviCare may have left open: while it runs, $wpdb is a connection of our own,
 * so that options, transients, scheduled actions and mails of whoever is called are committed.
 */
final class OwnConnection {

	/**
	 * Runs the work. Where the connection cannot be had and a transaction may be open, nothing is done: the sweep makes up
	 * for it.
	 *
	 * @return bool Whether it ran.
	 */
	public static function run( \Closure $work ): bool {
		global $wpdb;
		$theirs = $wpdb;
		try {
			$own = CommittedDatabase::shared();
		} catch ( BridgeException ) {
			if ( OpenTransactions::may_be_open() ) {
				return false;
			}
			$own = $theirs;
		}
		self::forget_reads();
		try {
			self::use( $own );
			$work();
		} finally {
			self::use( $theirs );
			$own === $theirs || self::forget_reads();
		}
		return true;
	}

	/**
	 * Whether what is written on $wpdb now stands: it is ours, or no transaction is open there.
	 */
	public static function may_write(): bool {
		return $GLOBALS['wpdb'] instanceof CommittedDatabase || ! OpenTransactions::may_be_open();
	}

	/**
	 * What was read inside a transaction is read again.
	 */
	private static function forget_reads(): void {
		OpenTransactions::forget_reads();
		CachedMetas::forget_reads();
	}

	private static function use( \wpdb $database ): void {
		// phpcs:ignore WordPress.WP.GlobalVariablesOverride -- put back as soon as the work is done.
		$GLOBALS['wpdb'] = $database;
	}
}
