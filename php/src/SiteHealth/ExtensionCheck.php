<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Requirements;

/**
 * Critical while a requirement is missing.
 */
final class ExtensionCheck extends HealthTest {

	public function __construct( private readonly Requirements $requirements ) {}

	public function run(): array {
		if ( $this->requirements->are_met() ) {
			return $this->result(
				'good',
				__( 'Video consultations are ready', 'kivicare-telemed' ),
				array( __( 'The kivicare_telemed extension is loaded and fits the plugin and KiviCare.', 'kivicare-telemed' ) )
			);
		}
		return $this->result(
			'critical',
			__( 'Video consultations are off', 'kivicare-telemed' ),
			$this->requirements->fixes()
		);
	}

	protected function id(): string {
		return 'kivicare_telemed_requirements';
	}
}
