<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Site\HeldConstants;
use KiviCare\Telemed\Site\Pause;

/**
 * Whether this is the site that was confirmed.
 */
final class SiteCheck extends HealthTest {

	public function run(): array {
		if ( Pause::is_on() ) {
			return $this->result(
				'critical',
				__( 'KiviCare Telemed is paused: this may be a copy', 'kivicare-telemed' ),
				array( Pause::text(), __( 'Answer the notice at the top of this page, or use "wp kivicare-telemed site".', 'kivicare-telemed' ) )
			);
		}
		return HeldConstants::are_held()
			? $this->result(
				'recommended',
				__( 'Credentials for video visits in wp-config.php are another site\'s', 'kivicare-telemed' ),
				array( __( 'They came along with a copy and do not count. Replace them, or run "wp kivicare-telemed site confirm" if they are meant for this site.', 'kivicare-telemed' ) )
			)
			: $this->result( 'good', __( 'Video visits know this site', 'kivicare-telemed' ), array( __( 'Address and environment are the confirmed ones.', 'kivicare-telemed' ) ) );
	}

	protected function id(): string {
		return 'kivicare_telemed_site';
	}
}
