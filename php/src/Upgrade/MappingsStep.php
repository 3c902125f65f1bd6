<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Quietly;
use KiviCare\Telemed\KiviCare\Visits;

/**
 * Zoom mapping rows: error rows of the original add-on become journal entries, and Zoom's host links, which anybody who
 * reads the table could use, make room for our own.
 */
final class MappingsStep implements Step {

	private const BATCH = 500;

	public function __construct( private readonly \wpdb $wpdb ) {}

	public function key(): string {
		return 'mappings';
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		$last  = 0;
		do {
			$rows = $this->after( $last );
			foreach ( $rows as $row ) {
				$last = (int) $row['id'];
				$tally->count( fn(): int => $this->upgrade( $row, $dry_run ) );
			}
		} while ( self::BATCH === count( $rows ) );
		return $tally->result( $this->key(), __( 'Rows without a meeting are waiting operations now, and stored host links are replaced.', 'kivicare-telemed' ) );
	}

	/**
	 * Brings one row into our form.
	 *
	 * @param array<string, string|null> $row id, appointment_id, zoom_id, start_url, status.
	 */
	private function upgrade( array $row, bool $dry_run ): int {
		$id = (int) $row['appointment_id'];
		if ( in_array( (string) $row['zoom_id'], array( '', '0', '-1' ), true ) ) {
			if ( ! $dry_run ) {
				in_array( (string) $row['status'], array( '1', '4' ), true ) && $this->note( $id, (int) $row['doctor_id'] );
				// phpcs:ignore WordPress.DB.DirectDatabaseQuery
				$this->wpdb->delete( $this->wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'id' => $row['id'] ) );
			}
			return 1;
		}
		$link = Visits::start_link( $id );
		if ( $link === $row['start_url'] ) {
			return 0;
		}
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery
		$dry_run || $this->wpdb->update( $this->wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'start_url' => $link ), array( 'id' => $row['id'] ) );
		return 1;
	}

	/**
	 * Writes a create operation, unless one waits already.
	 */
	private function note( int $appointment_id, int $doctor_id ): void {
		$table = $this->wpdb->prefix . Schema::OPERATIONS;
		$now   = gmdate( 'Y-m-d H:i:s' );
		// phpcs:ignore WordPress.DB
		$waiting = $this->wpdb->get_var( $this->wpdb->prepare( "SELECT id FROM {$table} WHERE appointment_id = %d AND provider = 'zoom' AND kind = 'create' AND state IN ('in_flight', 'pending', 'parked') LIMIT 1", $appointment_id ) );
		if ( null !== $waiting ) {
			return;
		}
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery
		$this->wpdb->insert(
			$table,
			array(
				'appointment_id' => $appointment_id,
				'doctor_id'      => $doctor_id,
				'provider'       => 'zoom',
				'kind'           => 'create',
				'state'          => 'pending',
				'marker'         => bin2hex( random_bytes( 16 ) ),
				'request'        => '{}',
				'attempts'       => 0,
				'reason'         => 'legacy',
				'message'        => 'the earlier add-on could not make this meeting',
				'resume_at'      => $now,
				'created_at'     => $now,
				'updated_at'     => $now,
			)
		);
	}

	/**
	 * The next batch, with the appointment's status where it still exists.
	 *
	 * @return list<array<string, string|null>>
	 */
	private function after( int $last ): array {
		$prefix = $this->wpdb->prefix;
		$sql    = "SELECT m.id, m.appointment_id, m.zoom_id, m.start_url, a.status, a.doctor_id FROM {$prefix}" . Schema::ZOOM_MAPPINGS . " m
			LEFT JOIN {$prefix}kc_appointments a ON a.id = m.appointment_id WHERE m.id > %d ORDER BY m.id LIMIT %d";
		// phpcs:ignore WordPress.DB
		return array_values( (array) Quietly::on( $this->wpdb, fn(): mixed => $this->wpdb->get_results( $this->wpdb->prepare( $sql, $last, self::BATCH ), ARRAY_A ) ) );
	}
}
