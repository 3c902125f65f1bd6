<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;

/**
 * A second connection, outside of KiviCare's transactions: for reading what is committed, and for all work after the
 * response, when it stands in for $wpdb (see OwnConnection).
 *
 * KiviCare leaves transactions open on $wpdb when it returns early; what is read there may never come true, and what is
 * written there is lost or waits for locks.
 */
final class CommittedDatabase extends \wpdb {

	/**
	 * Seconds to wait for a row: the transaction that this very request left open never releases one while we wait.
	 */
	private const ROW_WAIT = 3;

	/**
	 * Seconds to wait for a table that somebody is changing.
	 */
	private const TABLE_WAIT = 5;

	/**
	 * Seconds to wait for an answer of the server at all, for which PHP would wait a day.
	 */
	private const ANSWER_WAIT = 10;

	/**
	 * Seconds for which a refused connection is not tried again.
	 */
	private const PAUSE = 5;

	/**
	 * Names that code on $wpdb relies on, besides those of tables.
	 */
	private const NAMES = array( 'prefix', 'base_prefix', 'blogid', 'siteid', 'field_types', 'tables', 'old_tables', 'global_tables', 'ms_global_tables', 'old_ms_global_tables', 'suppress_errors', 'show_errors' );

	private static ?self $shared = null;

	private static float $refused_at = 0.0;

	/**
	 * The one connection of this process, made at first use.
	 *
	 * @throws BridgeException When the database cannot be reached.
	 */
	public static function shared(): self {
		global $wpdb;
		self::$shared ??= self::open();
		$shared         = self::$shared;
		if ( $wpdb !== $shared ) {
			$shared->take_names( $wpdb );
		}
		return $shared;
	}

	/**
	 * For reading committed rows: the shared connection, or $wpdb while that cannot be had and no transaction is open.
	 *
	 * @throws BridgeException When neither will do.
	 */
	public static function reader(): \wpdb {
		try {
			return self::shared();
		} catch ( BridgeException $error ) {
			return OpenTransactions::may_be_open() ? throw $error : $GLOBALS['wpdb'];
		}
	}

	/**
	 * The parent would show the site's own error page and end the process.
	 *
	 * @param bool $allow_bail Not used.
	 * @throws BridgeException When the database cannot be reached.
	 */
	public function db_connect( $allow_bail = true ) {
		if ( ! $this->connect_in_time() ) {
			$this->bail( '' );
		}
		return true;
	}

	/**
	 * The parent tries for five seconds, then ends the process.
	 *
	 * @param bool $allow_bail Not used.
	 */
	public function check_connection( $allow_bail = true ) {
		if ( $this->dbh instanceof \mysqli && false !== $this->dbh->query( 'DO 1' ) ) {
			return true;
		}
		return $this->connect_in_time() && $this->set_waits();
	}

	/**
	 * A connection keeps the limit that it began with.
	 */
	private function connect_in_time(): bool {
		// phpcs:disable Generic.PHP.ForbiddenFunctions -- for this one connection alone, and put back.
		// @mago-ignore lint:no-ini-set
		$before = function_exists( 'ini_set' ) ? ini_set( 'mysqlnd.net_read_timeout', (string) self::ANSWER_WAIT ) : false;
		try {
			return parent::db_connect( false );
		} finally {
			// @mago-ignore lint:no-ini-set
			false === $before || ini_set( 'mysqlnd.net_read_timeout', $before );
		}
		// phpcs:enable
	}

	/**
	 * Closes the connection: the work that needed it is over.
	 */
	public static function leave(): void {
		// Work that it stands in for $wpdb for is not over.
		if ( null !== self::$shared && $GLOBALS['wpdb'] !== self::$shared ) {
			self::$shared->close();
			self::$shared = null;
			SessionRoom::give();
		}
	}

	/**
	 * The parent would end the process with a page.
	 *
	 * @param string $message    HTML text of the parent; not used.
	 * @param string $error_code Not used.
	 * @throws BridgeException Always.
	 */
	public function bail( $message, $error_code = '500' ) {
		throw self::unreachable();
	}

	/**
	 * A new connection, when there is one that visitors do not need.
	 *
	 * @throws BridgeException When there is none, or the database cannot be reached.
	 */
	private static function open(): self {
		if ( microtime( true ) < self::$refused_at + self::PAUSE ) {
			throw self::unreachable();
		}
		try {
			SessionRoom::take();
			$made = new self( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		} catch ( BridgeException $error ) {
			self::$refused_at = microtime( true );
			SessionRoom::give();
			throw $error;
		}
		$made->set_waits();
		return $made;
	}

	private static function unreachable(): BridgeException {
		return new BridgeException( Failure::Store, 'the database cannot be reached' );
	}

	private function set_waits(): bool {
		$quiet = $this->suppress_errors();
		// phpcs:ignore WordPress.DB
		$this->query( sprintf( 'SET SESSION innodb_lock_wait_timeout = %d, SESSION lock_wait_timeout = %d', self::ROW_WAIT, self::TABLE_WAIT ) );
		$this->suppress_errors( $quiet );
		return true;
	}

	/**
	 * Calls the site and its tables what $wpdb calls them, tables of other plugins among them. set_prefix() would also
	 * rename the tables of the user's site.
	 */
	private function take_names( \wpdb $theirs ): void {
		$seen  = self::public_names( $theirs );
		$names = array_intersect_key( $seen, array_flip( self::NAMES ) )
			+ $theirs->tables( 'all' )
			+ array_filter( $seen, static fn( mixed $value ): bool => is_string( $value ) && '' !== $theirs->base_prefix && str_starts_with( $value, $theirs->base_prefix ) );
		foreach ( $names as $property => $value ) {
			$this->{(string) $property} = $value;
		}
	}

	/**
	 * What anybody sees of the object, plugins' own tables among it.
	 *
	 * @return array<array-key, mixed>
	 */
	private static function public_names( \wpdb $theirs ): array {
		$see = \Closure::bind( static fn(): array => get_object_vars( $theirs ), null, null );
		return array_diff_key( $see(), array_flip( array( 'last_query', 'last_error', 'last_result', 'queries' ) ) );
	}
}
