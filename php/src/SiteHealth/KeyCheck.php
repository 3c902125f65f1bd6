<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Which key seals the secrets: one of its own is good, the salts are a makeshift, none means nothing can be stored.
 */
final class KeyCheck extends HealthTest {

	public function __construct( private readonly Bridge $bridge ) {}

	public function run(): array {
		try {
			$source = $this->bridge->vault_status()['source'];
		} catch ( BridgeException $error ) {
			return $this->result( 'critical', __( 'Telemed secrets cannot be sealed', 'kivicare-telemed' ), array( $error->getMessage() ) );
		}
		$advice = __( 'Define KIVICARE_TELEMED_KEY in wp-config.php: 32 random bytes in base64, for example from "openssl rand -base64 32".', 'kivicare-telemed' );
		return match ( $source ) {
			'key'   => $this->result(
				'good',
				__( 'Telemed secrets are sealed with their own key', 'kivicare-telemed' ),
				array( __( 'KIVICARE_TELEMED_KEY is set.', 'kivicare-telemed' ) )
			),
			'salts' => $this->result(
				'recommended',
				__( 'Telemed secrets are sealed with the WordPress salts', 'kivicare-telemed' ),
				array( __( 'Changing the salts would disconnect all doctors.', 'kivicare-telemed' ), $advice )
			),
			default => $this->result( 'critical', __( 'Telemed secrets cannot be sealed', 'kivicare-telemed' ), array( $advice ) ),
		};
	}

	protected function id(): string {
		return 'kivicare_telemed_key';
	}
}
