<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;

/**
 * User meta rows of one key, in batches: a network's user table does not fit into memory.
 *
 * Rows are replaced by id and only while they hold what was read: a doctor may connect at the same moment. Values go
 * straight to the database, so they are not slashed as for update_user_meta().
 */
final class MetaRows {

	private const BATCH = 200;

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Every row with something in it, oldest first. On a network only rows of this site's members: another site
	 * could not open what this one seals.
	 *
	 * @return \Generator<int, MetaRow>
	 */
	public function of( string $meta_key ): \Generator {
		$last = 0;
		do {
			$batch = $this->after( $meta_key, $last );
			foreach ( $batch as $row ) {
				$last = $row->id;
				if ( '' !== trim( $row->value ) && ( ! is_multisite() || is_user_member_of_blog( $row->user_id ) ) ) {
					yield $row;
				}
			}
		} while ( self::BATCH === count( $batch ) );
	}

	/**
	 * Replaces the row's value.
	 *
	 * @throws BridgeException When the database refuses it, or the row was changed since it was read.
	 */
	public function replace( MetaRow $row, string $value ): void {
		$this->write(
			$row,
			// The old value may be a secret, and WordPress logs statements that fail: compare digests.
			$this->wpdb->prepare(
				"UPDATE {$this->wpdb->usermeta} SET meta_value = %s WHERE umeta_id = %d AND SHA2(CONVERT(meta_value USING utf8mb4), 256) = %s",
				$value,
				$row->id,
				hash( 'sha256', $row->value )
			)
		);
	}

	/**
	 * Deletes the row.
	 *
	 * @throws BridgeException When the database refuses it, or the row was changed since it was read.
	 */
	public function delete( MetaRow $row ): void {
		$this->write(
			$row,
			$this->wpdb->prepare(
				"DELETE FROM {$this->wpdb->usermeta} WHERE umeta_id = %d AND SHA2(CONVERT(meta_value USING utf8mb4), 256) = %s",
				$row->id,
				hash( 'sha256', $row->value )
			)
		);
	}

	private function write( MetaRow $row, string $sql ): void {
		// phpcs:ignore Telemed.Database.PreparedSql -- Both callers prepare it.
		$written = $this->wpdb->query( $sql );
		wp_cache_delete( $row->user_id, 'user_meta' );
		if ( false === $written ) {
			throw new BridgeException( Failure::Store, __( 'the database refused a change of user meta', 'kivicare-telemed' ) );
		}
		if ( 0 === $written ) {
			throw new BridgeException( Failure::Store, __( 'a row was changed by somebody else meanwhile', 'kivicare-telemed' ) );
		}
	}

	/**
	 * The next batch.
	 *
	 * @return list<MetaRow>
	 */
	private function after( string $meta_key, int $last ): array {
		// phpcs:ignore WordPress.DB
		$rows = $this->wpdb->get_results(
			$this->wpdb->prepare(
				"SELECT umeta_id, user_id, meta_value FROM {$this->wpdb->usermeta} WHERE meta_key = %s AND umeta_id > %d ORDER BY umeta_id LIMIT %d",
				$meta_key,
				$last,
				self::BATCH
			),
			ARRAY_A
		);
		return array_map(
			static fn( array $row ): MetaRow => new MetaRow( (int) $row['umeta_id'], (int) $row['user_id'], (string) $row['meta_value'] ),
			array_values( (array) $rows )
		);
	}
}
