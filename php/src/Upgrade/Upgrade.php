<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ZoomUserBook;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Takes over what KiviCare's original add-ons stored. Repeatable: a second run finds nothing to do.
 *
 * Runs outside of transactions, at activation and by WP-CLI.
 */
final class Upgrade {


	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly Bridge $bridge
	) {}

	/**
	 * Upgrades everything.
	 */
	public function run( Mode $mode = Mode::Apply ): Report {
		return new Report( array_map( static fn( Step $step ): StepResult => $step->run( $mode ), $this->steps() ) );
	}

	/**
	 * Steps in their order: what older versions used last comes first, so that it is not dropped as disused.
	 *
	 * @return list<Step>
	 */
	private function steps(): array {
		$rows    = new MetaRows( $this->wpdb );
		$disused = new Disused();
		return array(
			new SettingsStep( $this->bridge ),
			new TokensStep( $rows, $this->bridge, $disused, Provider::Zoom ),
			new DoctorAppsStep( $rows, $this->bridge ),
			new ZoomUsersStep( $rows, new ZoomUserBook(), new Settings( new Constants() ) ),
			new MeetSettingsStep( $this->bridge ),
			new TokensStep( $rows, $this->bridge, $disused, Provider::GoogleMeet ),
			new CalendarsStep( $this->wpdb, $rows, $this->bridge ),
			new JwtStep( $rows, $disused ),
			new MappingsStep( $this->wpdb ),
		);
	}
}
