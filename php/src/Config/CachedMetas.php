<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\OpenTransactions;

/**
 * Keeps sealed tokens out of WordPress' object cache: the extension rewrites their rows on its own connection, which no
 * cache hears of, and inside KiviCare's transaction even a fresh read gives the old row. PHP needs to know only whether
 * there are any, so that is what the cache says.
 */
final class CachedMetas implements Registerable {

	/**
	 * Stands for a token row.
	 */
	public const MARK = 'sealed';

	private const GROUP = 'user_meta';

	/**
	 * Users whose metas were cached inside a transaction.
	 *
	 * @var array<int, true>
	 */
	private static array $read = array();

	public function register(): void {
		add_filter( 'update_user_metadata_cache', array( $this, 'fill' ), PHP_INT_MAX, 2 );
		// After everybody's work.
		add_action( 'shutdown', array( self::class, 'forget_reads' ), 2000 );
	}

	/**
	 * Fills the cache before WordPress looks what is missing there.
	 *
	 * @param mixed $check    Not null where somebody else does it.
	 * @param mixed $user_ids Users.
	 * @return mixed
	 */
	public function fill( $check, $user_ids ) {
		$ids = is_array( $user_ids ) ? array_values( array_unique( array_map( 'intval', $user_ids ) ) ) : array();
		if ( null !== $check || array() === $ids || wp_suspend_cache_addition() ) {
			return $check;
		}
		$missing = array_keys( wp_cache_get_multiple( $ids, self::GROUP ), false, true );
		foreach ( array() === $missing ? array() : $this->rows( $missing ) as $id => $metas ) {
			wp_cache_add( $id, $metas, self::GROUP );
			if ( OpenTransactions::may_be_open() ) {
				self::$read[ $id ] = true;
			}
		}
		return null;
	}

	/**
	 * Drops what was cached inside a transaction: other processes must not go by what may never come true, or was true
	 * when the transaction began.
	 */
	public static function forget_reads(): void {
		foreach ( array_keys( self::$read ) as $id ) {
			wp_cache_delete( $id, self::GROUP );
		}
		self::$read = array();
	}

	/**
	 * Metas as WordPress caches them, with marks instead of tokens.
	 *
	 * @param list<int|string> $ids Users.
	 * @return array<int, array<string, list<string|null>>>
	 */
	private function rows( array $ids ): array {
		global $wpdb;
		$metas = array_fill_keys( array_map( 'intval', $ids ), array() );
		$marks = implode( ',', array_fill( 0, count( $metas ), '%d' ) );
		// phpcs:ignore WordPress.DB
		foreach ( (array) $wpdb->get_results( $wpdb->prepare( "SELECT user_id, meta_key, meta_value FROM {$wpdb->usermeta} WHERE user_id IN ({$marks}) ORDER BY umeta_id ASC", ...array_keys( $metas ) ), ARRAY_A ) as $row ) {
			$is_token = in_array( $row['meta_key'], array( DoctorConnections::ZOOM_TOKENS, DoctorConnections::MEET_TOKENS ), true ) && '' !== (string) $row['meta_value'];

			$metas[ (int) $row['user_id'] ][ (string) $row['meta_key'] ][] = $is_token ? self::MARK : $row['meta_value'];
		}
		return $metas;
	}
}
