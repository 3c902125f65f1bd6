<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Whether a provider in use can be reached, and with which TLS.
 */
final class ProviderCheck extends AsyncHealthTest {

	/**
	 * Whether the clinic uses the provider.
	 *
	 * @var \Closure(): bool
	 */
	private readonly \Closure $in_use;

	/**
	 * For one provider.
	 *
	 * @param \Closure(): bool $in_use Whether the clinic uses it.
	 */
	public function __construct(
		private readonly Provider $provider,
		private readonly Bridge $bridge,
		\Closure $in_use
	) {
		$this->in_use = $in_use;
	}

	/**
	 * Only for a provider in use.
	 *
	 * @param array<string, array<string, mixed>> $tests Tests by kind and id.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( array $tests ): array {
		return ( $this->in_use )() ? parent::add( $tests ) : $tests;
	}

	public function run(): array {
		$name = $this->provider->label();
		try {
			$version = $this->bridge->tls_version( $this->provider->value );
		} catch ( BridgeException $error ) {
			return $this->result(
				'critical',
				/* translators: %s: Zoom or Google Meet. */
				sprintf( __( '%s cannot be reached', 'kivicare-telemed' ), $name ),
				array( $error->getMessage(), __( 'Bookings are accepted, but meetings have to wait. Check the server\'s firewall, name resolution and list of trusted certificates.', 'kivicare-telemed' ) )
			);
		}
		if ( null === $version ) {
			/* translators: %s: Zoom or Google Meet. */
			return $this->result( 'recommended', sprintf( __( '%s is reached without encryption', 'kivicare-telemed' ), $name ), array( __( 'The provider\'s address is plain http. That is for tests on one machine alone.', 'kivicare-telemed' ) ) );
		}
		/* translators: %s: Zoom or Google Meet. */
		return $this->result( 'good', sprintf( __( '%s can be reached', 'kivicare-telemed' ), $name ), array( "TLS {$version}" ) );
	}

	protected function id(): string {
		return 'kivicare_telemed_' . $this->provider->value;
	}
}
