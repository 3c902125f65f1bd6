<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

/**
 * Doctors who must connect again: until then their visits get no meeting.
 */
final class ConnectionsCheck extends HealthTest {

	public function __construct( private readonly QueueFacts $facts ) {}

	public function run(): array {
		$states = $this->facts->connections();
		$broken = ( $states['reconnect'] ?? 0 ) + ( $states['revoked'] ?? 0 );
		if ( 0 === $broken ) {
			return $this->result( 'good', __( 'All doctors\' video connections work', 'kivicare-telemed' ), array( __( 'No doctor has to connect again.', 'kivicare-telemed' ) ) );
		}
		return $this->result(
			'recommended',
			__( 'Doctors have to connect their video account again', 'kivicare-telemed' ),
			array(
				/* translators: %d: number of connections. */
				sprintf( _n( '%d connection has ended at the provider.', '%d connections have ended at the provider.', $broken, 'kivicare-telemed' ), $broken ),
				__( 'The doctors choose Connect in their dashboard settings; their visits then get the meetings that are missing. "wp kivicare-telemed doctors list --state=reconnect" names them.', 'kivicare-telemed' ),
			)
		);
	}

	protected function id(): string {
		return 'kivicare_telemed_connections';
	}
}
