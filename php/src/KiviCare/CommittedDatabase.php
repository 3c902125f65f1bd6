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
		self::$shared ??= new self( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		// set_prefix() would also rename the tables of the user's site.
		self::$shared->prefix = $wpdb->prefix;
		self::$shared->users  = $wpdb->users;
		return self::$shared;
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
