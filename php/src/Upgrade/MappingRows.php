<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * Several rows of one appointment become one: older add-ons inserted another with every "regenerate".
 */
final class MappingRows {

	/**
	 * Keeps each appointment's newest row that names a meeting, or its newest row.
	 *
	 * @param \wpdb  $wpdb      Database.
	 * @param string $table     Full table name, from a constant.
	 * @param string $id_column Column with the provider's id, from a constant.
	 * @return int Rows deleted.
	 */
	public static function merge_duplicates( \wpdb $wpdb, string $table, string $id_column ): int {
		$usable = static fn( string $alias ): string => "(COALESCE({$alias}.{$id_column}, '') NOT IN ('', '0', '-1'))";
		// Identifiers come from constants; %i needs WordPress 6.2.
		return (int) $wpdb->query(
			// phpcs:ignore Telemed.Database.PreparedSql -- Constants, see above.
			"DELETE loser FROM `{$table}` loser JOIN `{$table}` keeper ON keeper.appointment_id = loser.appointment_id
			AND ({$usable( 'keeper' )} > {$usable( 'loser' )} OR ({$usable( 'keeper' )} = {$usable( 'loser' )} AND keeper.id > loser.id))"
		);
	}
}
