<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Takes a site over from KiviCare's original telemed add-ons, in place. What is in our form stays untouched, so it can
 * run any number of times.
 *
 * Call outside of transactions and after Schema::migrate(): visits without a meeting go to the journal.
 */
final class Upgrade {

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly Bridge $bridge,
		private readonly Settings $settings
	) {}

	/**
	 * Runs every step. Nothing is thrown; what failed is in the report and as it was.
	 *
	 * @param bool $dry_run Report the same, write nothing.
	 */
	public function run( bool $dry_run = false ): Report {
		return new Report( array_map( fn( Step $step ): StepResult => $this->result( $step, $dry_run ), $this->steps() ) );
	}

	private function result( Step $step, bool $dry_run ): StepResult {
		try {
			return $step->run( $dry_run );
		} catch ( \Throwable $error ) {
			// The class only: the message of a foreign error may quote data.
			/* translators: %s: class of the error. */
			$detail = sprintf( __( 'Stopped by an unexpected %s. Run "wp kivicare-telemed upgrade" again.', 'kivicare-telemed' ), $error::class );
			return new StepResult( $step->key(), 0, 1, $detail );
		}
	}

	/**
	 * The steps in the order of the report.
	 *
	 * @return list<Step>
	 */
	private function steps(): array {
		$rows       = new MetaRows( $this->wpdb );
		$tokens     = new TokenRows( $rows, $this->bridge );
		$sealer     = new SecretSealer( $this->bridge );
		$options    = new OptionStore();
		$reconnects = new Reconnects();
		return array(
			new ZoomSettingsStep( $options, $sealer, $this->settings ),
			new DoctorTokensStep( $tokens ),
			new OwnAppsStep( $rows, $sealer ),
			new LeftoversStep( $rows, $tokens, $reconnects ),
			new MappingsStep( $this->wpdb, new LostMeetings( $this->wpdb ) ),
			new GoogleMeetStep( $options, $sealer, $tokens, $reconnects ),
		);
	}
}
