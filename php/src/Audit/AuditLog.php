<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Keys\KeyRotation;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Rest\MeetingDoorController;

/**
 * Records who did what: ids, never tokens, names, addresses or health data. The extension writes on its own connection,
 * so an entry stands although KiviCare rolls back. A failing log never stops the action it is about.
 */
final class AuditLog implements Registerable {

	/**
	 * Refused requests recorded in a minute: strangers must not be able to fill the table.
	 */
	private const REFUSALS = 30;

	private const REFUSED_COUNT = 'kivicare_telemed_refused';

	private const MEETING_ACTIONS = array(
		'create' => 'meeting_made',
		'update' => 'meeting_changed',
		'cancel' => 'meeting_cancelled',
	);

	/**
	 * Routes already recorded as refused: WordPress asks for one permission several times.
	 *
	 * @var array<string, true>
	 */
	private array $refused = array();

	public function __construct( private readonly Bridge $bridge ) {}

	public function register(): void {
		add_action( DoctorConnections::CHOSEN_ACTION, array( $this, 'connected' ), 10, 2 );
		add_action( DoctorConnections::LEFT_ACTION, array( $this, 'disconnected' ), 10, 2 );
		add_action( MeetingDesk::MADE_ACTION, array( $this, 'meeting' ), 10, 2 );
		add_action( Reconciler::DONE_ACTION, array( $this, 'meeting' ), 10, 2 );
		add_action( MeetingDoorController::OPENED_ACTION, array( $this, 'opened' ), 10, 2 );
		add_action( Gate::REFUSED_ACTION, array( $this, 'refused' ) );
		add_action( KeyRotation::DONE_ACTION, array( $this, 'rotated' ), 10, 2 );
		foreach ( array( Settings::OPTION => Provider::Zoom, GoogleSettings::OPTION => Provider::GoogleMeet ) as $option => $provider ) {
			add_action( "update_option_{$option}", fn( $old, $new ) => $this->settings( $provider, $old, $new ), 10, 2 );
			add_action( "add_option_{$option}", fn( $name, $new ) => $this->settings( $provider, array(), $new ), 10, 2 );
		}
	}

	/**
	 * A provider began to serve a doctor.
	 */
	public function connected( int $doctor_id, Provider $provider ): void {
		$this->note( 'doctor_connected', doctor_id: $doctor_id, provider: $provider->value );
	}

	/**
	 * A doctor's own connection ended.
	 */
	public function disconnected( int $doctor_id, Provider $provider ): void {
		$this->note( 'doctor_disconnected', doctor_id: $doctor_id, provider: $provider->value );
	}

	/**
	 * A meeting may have been made, changed or cancelled: only a finished operation counts.
	 *
	 * @param int                  $appointment_id KiviCare's id.
	 * @param array<string, mixed> $outcome        The extension's outcome.
	 */
	public function meeting( int $appointment_id, array $outcome ): void {
		$operation = (int) ( $outcome['operation_id'] ?? 0 );
		if ( 'ready' !== ( $outcome['state'] ?? '' ) || 0 === $operation ) {
			return;
		}
		try {
			// The journal as committed: inside KiviCare's transaction WordPress' connection does not see the row.
			$rows = $this->bridge->operations( $appointment_id );
		} catch ( \Throwable ) {
			return;
		}
		foreach ( $rows as $row ) {
			if ( $operation === (int) $row['id'] && isset( self::MEETING_ACTIONS[ $row['kind'] ] ) ) {
				$this->note( self::MEETING_ACTIONS[ $row['kind'] ], $appointment_id, (int) $row['doctor_id'], (string) $row['provider'], (string) ( $outcome['mended'] ?? '' ) );
			}
		}
	}

	/**
	 * A host link was handed out.
	 *
	 * @param int                  $appointment_id KiviCare's id.
	 * @param array<string, mixed> $host           doctor_id, provider.
	 */
	public function opened( int $appointment_id, array $host ): void {
		$this->note( 'host_link_opened', $appointment_id, (int) $host['doctor_id'], (string) $host['provider'] );
	}

	/**
	 * Somebody tried what is not theirs.
	 */
	public function refused(): void {
		$route = Source::route();
		if ( isset( $this->refused[ $route ] ) ) {
			return;
		}
		$this->refused[ $route ] = true;
		$count                   = (int) get_transient( self::REFUSED_COUNT );
		if ( $count < self::REFUSALS ) {
			set_transient( self::REFUSED_COUNT, $count + 1, MINUTE_IN_SECONDS );
			$this->note( 'access_refused', detail: $route );
		}
	}

	/**
	 * Secrets were sealed anew.
	 */
	public function rotated( int $resealed, int $failed ): void {
		$this->note( 'keys_rotated', detail: "resealed {$resealed}, failed {$failed}" );
	}

	/**
	 * Settings changed: the names of the fields, never a value.
	 */
	private function settings( Provider $provider, mixed $old, mixed $new ): void {
		list( $old, $new ) = array( is_array( $old ) ? $old : array(), is_array( $new ) ? $new : array() );
		$changed           = array_filter( array_keys( $old + $new ), static fn( $field ): bool => ( $old[ $field ] ?? '' ) !== ( $new[ $field ] ?? '' ) );
		if ( array() !== $changed ) {
			$this->note( 'settings_changed', provider: $provider->value, detail: implode( ', ', $changed ) );
		}
	}

	private function note( string $action, int $appointment_id = 0, int $doctor_id = 0, string $provider = '', string $detail = '' ): void {
		try {
			$this->bridge->audit(
				array(
					'actor_id'       => get_current_user_id(),
					'source'         => Source::current(),
					'action'         => $action,
					'appointment_id' => $appointment_id,
					'doctor_id'      => $doctor_id,
					'provider'       => $provider,
					'detail'         => $detail,
				)
			);
		} catch ( \Throwable ) {
			// A booking or a connection must not depend on its record.
			return;
		}
	}
}
