<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Install\Schema;

/**
 * Doctors whom the original add-on connected to Google: their calendars are followed from now on.
 */
final class CalendarsStep implements Step {

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly MetaRows $rows,
		private readonly Bridge $bridge
	) {}

	public function key(): string {
		return 'google_calendars';
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally    = new Tally();
		$table    = $this->wpdb->prefix . Schema::CALENDARS;
		// phpcs:ignore WordPress.DB
		$followed = array_map( 'intval', $this->wpdb->get_col( "SELECT doctor_id FROM {$table}" ) );
		foreach ( $this->rows->of( DoctorConnections::MEET_TOKENS ) as $row ) {
			$tally->count(
				function () use ( $row, $followed, $dry_run ): int {
					if ( in_array( $row->user_id, $followed, true ) || 'on' !== get_user_meta( $row->user_id, DoctorConnections::MEET_CONNECT, true ) ) {
						return 0;
					}
					$dry_run || $this->bridge->follow_calendar( $row->user_id );
					return 1;
				}
			);
		}
		return $tally->result( $this->key(), __( 'Changes in connected doctors\' Google calendars are followed.', 'kivicare-telemed' ) );
	}
}
