<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Quietly;
use KiviCare\Telemed\KiviCare\Sweep;

/**
 * Drops old records once a day, a bounded number at a time: entries of the audit log, and finished operations of visits
 * that are long past. The journal of a visit goes as a whole, for the ids of Google's events are made from the number
 * of its creates.
 */
final class Retention implements Registerable {

	public const OPTION = 'kivicare_telemed_retention_days';

	private const RAN = 'kivicare_telemed_retention_ran';

	private const DEFAULT_DAYS = 400;

	/**
	 * Rows in one statement, and statements in one run.
	 */
	private const BATCH   = 1000;
	private const BATCHES = 10;

	public function __construct(
		private readonly Constants $constants
	) {}

	public function register(): void {
		add_action( Sweep::ACTION, array( $this, 'run' ), 30 );
	}

	/**
	 * How long records are kept. The constant wins over the option.
	 */
	public function days(): int {
		$days = $this->constants->text( 'RETENTION_DAYS' ) ?? get_option( self::OPTION, self::DEFAULT_DAYS );
		return is_numeric( $days ) && (int) $days > 0 ? (int) $days : self::DEFAULT_DAYS;
	}

	/**
	 * Purges, unless that was done today. What is left over is done by the next run.
	 */
	public function run(): void {
		$today = gmdate( 'Y-m-d' );
		if ( get_option( self::RAN ) !== $today && $this->purge() ) {
			update_option( self::RAN, $today, false );
		}
	}

	/**
	 * Drops what is too old.
	 *
	 * @return bool Whether nothing is left over.
	 */
	public function purge( int $batch = self::BATCH ): bool {
		$before = gmdate( 'Y-m-d H:i:s', time() - (int) ( $this->days() * DAY_IN_SECONDS ) );
		$audit  = $this->drain( fn(): int => $this->purge_audit( $before, $batch ), $batch );
		return $this->drain( fn(): int => $this->purge_operations( $before, $batch ), $batch ) && $audit;
	}

	/**
	 * Repeats a statement while there is work, within the bound.
	 *
	 * @param \Closure(): int $work Drops one batch.
	 */
	private function drain( \Closure $work, int $batch ): bool {
		for ( $i = 0; $i < self::BATCHES; ++$i ) {
			if ( $work() < $batch ) {
				return true;
			}
		}
		return false;
	}

	private function purge_audit( string $before, int $batch ): int {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return (int) $wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->prefix}" . Schema::AUDIT . ' WHERE at < %s ORDER BY at LIMIT %d', $before, $batch ) );
	}

	/**
	 * A visit counts as past when neither its row nor a mapping says otherwise and nobody has touched its journal since.
	 */
	private function purge_operations( string $before, int $batch ): int {
		global $wpdb;
		$prefix = $wpdb->prefix;
		$table  = $prefix . Schema::OPERATIONS;
		$sql    = "SELECT o.id FROM {$table} o WHERE o.updated_at < %s AND o.state IN ('done', 'failed')
			AND NOT EXISTS (SELECT 1 FROM {$table} n WHERE n.appointment_id = o.appointment_id AND (n.updated_at >= %s OR n.state NOT IN ('done', 'failed')))
			AND NOT EXISTS (SELECT 1 FROM {$prefix}kc_appointments a WHERE a.id = o.appointment_id AND a.appointment_end_date >= %s)
			AND NOT EXISTS (SELECT 1 FROM {$prefix}" . Schema::ZOOM_MAPPINGS . " z WHERE z.appointment_id = o.appointment_id AND (z.ends_at IS NULL OR z.ends_at >= %s))
			AND NOT EXISTS (SELECT 1 FROM {$prefix}" . Schema::MEET_MAPPINGS . ' g WHERE g.appointment_id = o.appointment_id AND (g.ends_at IS NULL OR g.ends_at >= %s))
			ORDER BY o.id LIMIT %d';
		// phpcs:disable WordPress.DB
		$ids = array_map( 'intval', Quietly::on( $wpdb, fn(): array => $wpdb->get_col( $wpdb->prepare( $sql, $before, $before, substr( $before, 0, 10 ), $before, $before, $batch ) ) ) );
		if ( array() !== $ids ) {
			$wpdb->query( "DELETE FROM {$table} WHERE id IN (" . implode( ', ', $ids ) . ')' );
		}
		// phpcs:enable
		return count( $ids );
	}
}
