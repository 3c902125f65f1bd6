<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ZoomUser;
use KiviCare\Telemed\Connect\ZoomUserBook;

/**
 * Doctors whom an administrator had mapped to a Zoom user: that was an approval of that address at that time. It is frozen
 * as it is, for the account that the clinic has; the next sweep asks Zoom for the id. A doctor who had the WordPress address alone was never approved.
 */
final class ZoomUsersStep implements Step {

	public function __construct(
		private readonly MetaRows $rows,
		private readonly ZoomUserBook $book,
		private readonly Settings $settings
	) {}

	public function key(): string {
		return DoctorConnections::ZOOM_USER;
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		foreach ( $this->rows->of( DoctorConnections::ZOOM_USER ) as $row ) {
			$tally->count( fn(): int => $this->upgrade( $row, $dry_run ) );
		}
		return $tally->result( $this->key(), __( 'Doctors\' Zoom users stay as they were mapped, whatever becomes of addresses.', 'kivicare-telemed' ) );
	}

	private function upgrade( MetaRow $row, bool $dry_run ): int {
		// Which of several sites' administrators it was cannot be told: they approve anew.
		if ( null !== $this->book->find( $row->user_id ) || ( is_multisite() && count( get_blogs_of_user( $row->user_id ) ) > 1 ) ) {
			return 0;
		}
		if ( ! $dry_run ) {
			$is_id = ! is_email( $row->value );
			$this->book->add( new ZoomUser( $row->user_id, $is_id ? $row->value : '', $row->value, $this->settings->app_keys()['account_id'], approved_at: time() ) );
			is_multisite() || delete_user_meta( $row->user_id, DoctorConnections::ZOOM_USER );
		}
		return 1;
	}
}
