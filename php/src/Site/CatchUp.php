<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\Agenda;
use KiviCare\Telemed\KiviCare\Sweep;

/**
 * Everything that the sweep does, once, after the response in which an administrator confirmed the site: calendars,
 * visits, connections, mails. What does not fit into its time is planned.
 */
final class CatchUp implements Registerable {

	private bool $wanted = false;

	public function register(): void {
		// Before the agenda, which processes what this finds.
		add_action( 'shutdown', array( $this, 'run' ), 950 );
		// Where nobody opens wp-admin after an update.
		add_action( Sweep::ACTION, array( Identity::class, 'establish' ), 1, 0 );
	}

	public function soon(): void {
		$this->wanted = true;
	}

	public function run(): void {
		if ( ! $this->wanted ) {
			return;
		}
		$this->wanted = false;
		AfterResponse::work(
			static function (): void {
				do_action( Sweep::ACTION );
				do_action( Agenda::LEFT_ACTION, true );
			}
		);
	}
}
