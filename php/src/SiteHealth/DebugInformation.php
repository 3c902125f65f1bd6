<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Requirements;
use KiviCare\Telemed\StatusReport;

/**
 * Our section of Site Health's information, which people paste into support forums: states and counts, in English and
 * always in the same order. No address, id, name or secret.
 */
final class DebugInformation implements Registerable {

	/**
	 * States in their order, so that those with nothing in them show too.
	 */
	private const OPERATIONS  = array( 'in_flight', 'pending', 'parked', 'failed', 'done' );
	private const CONNECTIONS = array( 'healthy', 'expiring', 'reconnect', 'revoked' );

	/**
	 * The state of the plugin, made when it is asked for.
	 *
	 * @var \Closure(): StatusReport
	 */
	private readonly \Closure $status;

	/**
	 * Parts.
	 *
	 * @param \Closure(): StatusReport $status The state of the plugin.
	 */
	public function __construct(
		\Closure $status,
		private readonly Requirements $requirements,
		private readonly QueueFacts $facts,
		private readonly Retention $retention
	) {
		$this->status = $status;
	}

	public function register(): void {
		add_filter( 'debug_information', array( $this, 'add' ) );
	}

	/**
	 * Adds the section.
	 *
	 * @param mixed $sections WordPress' sections.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( $sections ): array {
		$sections = is_array( $sections ) ? $sections : array();
		$fields   = array();
		foreach ( $this->values() as $name => $value ) {
			$fields[ $name ] = array( 'label' => $name, 'value' => $value );
		}
		$sections['kivicare-telemed'] = array(
			'label'  => __( 'KiviCare Telemed', 'kivicare-telemed' ),
			'fields' => $fields,
		);
		return $sections;
	}

	/**
	 * Name => value.
	 *
	 * @return array<string, string>
	 */
	public function values(): array {
		$states = static fn( array $names, array $counts ): string => implode( ', ', array_map( static fn( string $name ): string => $name . ' ' . ( $counts[ $name ] ?? 0 ), $names ) );
		$status = array_column( ( $this->status )()->rows(), 'value', 'item' );
		return array_merge( $status, array( 'requirements' => array() === $this->requirements->problems() ? 'met' : implode( ', ', $this->requirements->problems() ) ) ) + array(
			'operations'     => $states( self::OPERATIONS, $this->facts->operations() ),
			'connections'    => $states( self::CONNECTIONS, $this->facts->connections() ),
			'queue_age'      => $this->facts->age() . ' s',
			'sweep'          => $this->facts->is_scheduled() ? 'scheduled' : 'not scheduled',
			'retention_days' => (string) $this->retention->days(),
		);
	}
}
