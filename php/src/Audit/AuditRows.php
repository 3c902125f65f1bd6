<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

use KiviCare\Telemed\Install\Schema;

/**
 * Reads the audit log, in pages: it can be longer than memory.
 */
final class AuditRows {

	public const COLUMNS = array( 'id', 'at', 'actor_id', 'source', 'action', 'appointment_id', 'doctor_id', 'provider', 'detail', 'times', 'last_at' );

	private const PAGE = 500;

	public function __construct( private readonly \wpdb $wpdb ) {}

	/**
	 * Entries of a span, oldest first.
	 *
	 * @param string $since First moment, UTC Y-m-d H:i:s; empty for no limit.
	 * @param string $until First moment that is not in it any more; empty for no limit.
	 * @return \Generator<int, array<string, string|null>>
	 */
	public function between( string $since = '', string $until = '' ): \Generator {
		$last = 0;
		do {
			$page = $this->after( $last, $since, $until );
			foreach ( $page as $row ) {
				$last = (int) $row['id'];
				yield $row;
			}
		} while ( self::PAGE === count( $page ) );
	}

	/**
	 * The next page.
	 *
	 * @return list<array<string, string|null>>
	 */
	private function after( int $last, string $since, string $until ): array {
		$columns = implode( ', ', self::COLUMNS );
		$table   = $this->wpdb->prefix . Schema::AUDIT;
		// phpcs:ignore WordPress.DB
		return (array) $this->wpdb->get_results( $this->wpdb->prepare( "SELECT {$columns} FROM {$table} WHERE id > %d AND at >= %s AND at < %s ORDER BY id LIMIT %d", $last, '' === $since ? '1970-01-01' : $since, '' === $until ? '9999-12-31' : $until, self::PAGE ), ARRAY_A );
	}
}
