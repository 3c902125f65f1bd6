<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * A second connection for reading what is committed.
 *
 * KiviCare leaves transactions open on $wpdb when it returns early; what is read there may never come true.
 */
final class CommittedDatabase extends \wpdb {

	private static ?self $shared = null;

	/**
	 * The one connection of this process, made at first use.
	 *
	 * @throws \RuntimeException When the database cannot be reached.
	 */
	public static function shared(): self {
		global $wpdb;
		self::$shared ??= self::within_share();
		// set_prefix() would also rename the tables of the user's site.
		self::$shared->prefix = $wpdb->prefix;
		self::$shared->users  = $wpdb->users;
		return self::$shared;
	}

	/**
	 * Closes the connection: the work that needed it is over.
	 */
	public static function leave(): void {
		if ( null !== self::$shared ) {
			self::$shared->close();
			self::$shared = null;
			SessionRoom::give();
		}
	}

	/**
	 * A new connection, when there is one that visitors do not need.
	 *
	 * @throws \RuntimeException When there is none, or the database cannot be reached.
	 */
	private static function within_share(): self {
		SessionRoom::take();
		try {
			return new self( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		} catch ( \RuntimeException $error ) {
			SessionRoom::give();
			throw $error;
		}
	}

	/**
	 * The parent would end the process with a page.
	 *
	 * @param string $message    HTML text of the parent; not used.
	 * @param string $error_code Not used.
	 * @throws \RuntimeException Always.
	 */
	public function bail( $message, $error_code = '500' ) {
		throw new \RuntimeException( 'the database cannot be reached' );
	}
}
