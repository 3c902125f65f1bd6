<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Visits;

/**
 * Mapping rows: one per appointment, none without a meeting, and no host link of Zoom's in the database, which would
 * let everybody who reads it in as the doctor.
 */
final class MappingsStep implements Step {

	/**
	 * Columns with the provider's id.
	 */
	private const ID_COLUMNS = array(
		Schema::ZOOM_MAPPINGS => 'zoom_id',
		Schema::MEET_MAPPINGS => 'event_id',
	);

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly LostMeetings $lost
	) {}

	/**
	 * Leaves one row per appointment, the newest usable one; for Schema, before it adds the unique key.
	 *
	 * @param \wpdb  $wpdb      Database.
	 * @param string $table     Name with prefix; may be missing.
	 * @param string $id_column zoom_id or event_id; may be missing.
	 * @return int Rows deleted.
	 */
	public static function merge_duplicates( \wpdb $wpdb, string $table, string $id_column ): int {
		return ( new MappingTable( $wpdb, $table, $id_column ) )->merge_duplicates( false );
	}

	public function key(): string {
		return 'mappings';
	}

	public function run( bool $dry_run ): StepResult {
		$tally = new Tally();
		foreach ( self::ID_COLUMNS as $name => $id_column ) {
			$table = new MappingTable( $this->wpdb, $this->wpdb->prefix . $name, $id_column );
			$tally->count( static fn(): int => $table->merge_duplicates( $dry_run ) );
		}
		$this->upgrade_zoom( $tally, $dry_run );
		return $tally->result( $this->key(), __( 'Duplicate and failed mappings removed, host links replaced by links of this site.', 'kivicare-telemed' ) );
	}

	private function upgrade_zoom( Tally $tally, bool $dry_run ): void {
		$table = new MappingTable( $this->wpdb, $this->wpdb->prefix . Schema::ZOOM_MAPPINGS, 'zoom_id' );
		if ( ! $table->has( 'zoom_id' ) ) {
			return;
		}
		$columns = array_filter( array( 'zoom_id', 'start_url' ), array( $table, 'has' ) );
		foreach ( $table->kept_rows( ...array_values( $columns ) ) as $row ) {
			$tally->count( fn(): int => $this->upgrade_row( $table, $row, $dry_run ) );
		}
	}

	/**
	 * Upgrades one row.
	 *
	 * @param MappingTable               $table   Its table.
	 * @param array<string, string|null> $row     The row.
	 * @param bool                       $dry_run Count only.
	 */
	private function upgrade_row( MappingTable $table, #[\SensitiveParameter] array $row, bool $dry_run ): int {
		$id          = (int) $row['id'];
		$appointment = (int) $row['appointment_id'];
		if ( ! MappingTable::is_meeting( $row['zoom_id'] ) ) {
			if ( ! $dry_run ) {
				// In this order: a visit must not be lost between the two.
				$this->lost->note( $appointment );
				$table->delete( $id );
			}
			return 1;
		}
		if ( ! array_key_exists( 'start_url', $row ) || $this->is_ours( (string) $row['start_url'] ) ) {
			return 0;
		}
		if ( ! $dry_run ) {
			$table->update( $id, array( 'start_url' => Visits::start_link( $appointment ) ) );
		}
		return 1;
	}

	/**
	 * Whether a link is this site's. The scheme is left out: rest_url() takes it from the request.
	 */
	private function is_ours( #[\SensitiveParameter] string $url ): bool {
		$plain = static fn( string $link ): string => (string) preg_replace( '#^https?:#', '', $link );
		return str_starts_with( $plain( $url ), $plain( rest_url( 'kivicare-telemed/v1/' ) ) );
	}
}
