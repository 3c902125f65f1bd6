<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Audit;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Install\Uninstaller;
use KiviCare\Telemed\Keys\KeyRotation;
use KiviCare\Telemed\KiviCare\EventTemplate;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Overview\OperationStates;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Rest\MeetingDoorController;
use KiviCare\Telemed\Site\Decisions;

/**
 * Records who did what: ids, never tokens, names, addresses or health data. The extension writes on its own connection,
 * so an entry stands although KiviCare rolls back. A failing log never stops the action it is about.
 */
final class AuditLog implements Registerable {

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
		add_action( Decisions::TAKEN_ACTION, fn( string $decision ) => $this->note( $decision ) );
		add_action( OperationStates::GIVEN_UP_ACTION, array( $this, 'given_up' ), 10, 2 );
		add_action( 'post_updated', array( $this, 'template' ), 10, 3 );
		add_action( ZoomUsers::CHANGED_ACTION, array( $this, 'mapped' ) );
		foreach ( array( Settings::OPTION => Provider::Zoom, GoogleSettings::OPTION => Provider::GoogleMeet ) as $option => $provider ) {
			add_action( "update_option_{$option}", fn( $old, $new ) => $this->settings( $provider, $old, $new ), 10, 2 );
			add_action( "add_option_{$option}", fn( $name, $new ) => $this->settings( $provider, array(), $new ), 10, 2 );
		}
		foreach ( array( Retention::OPTION, Uninstaller::REMOVE_ALL ) as $option ) {
			add_action( "update_option_{$option}", fn() => $this->note( 'settings_changed', detail: $option ) );
			add_action( "add_option_{$option}", fn() => $this->note( 'settings_changed', detail: $option ) );
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
	 * It was settled which Zoom user a doctor is, or taken back.
	 */
	public function mapped( int $doctor_id ): void {
		$this->note( 'doctor_mapped', doctor_id: $doctor_id, provider: Provider::Zoom->value );
	}

	/**
	 * Meetings may have been made, changed or cancelled: only finished operations count.
	 *
	 * @param int                  $appointment_id KiviCare's id.
	 * @param array<string, mixed> $outcome        The extension's outcome.
	 */
	public function meeting( int $appointment_id, array $outcome ): void {
		$finished = array_map( 'intval', (array) ( $outcome['finished'] ?? array() ) );
		if ( array() === $finished ) {
			return;
		}
		try {
			// The journal as committed: inside KiviCare's transaction WordPress' connection does not see the row.
			$rows = $this->bridge->operations( $appointment_id );
		} catch ( \Throwable ) {
			return;
		}
		$detail = implode( '; ', array_filter( array( Source::trigger(), (string) ( $outcome['mended'] ?? '' ) ) ) );
		foreach ( $rows as $row ) {
			if ( in_array( (int) $row['id'], $finished, true ) && isset( self::MEETING_ACTIONS[ $row['kind'] ] ) ) {
				// A meeting of a connection that has ended cannot be deleted any more.
				$action = 'failed' === $row['state'] ? 'meeting_left_behind' : self::MEETING_ACTIONS[ $row['kind'] ];
				$this->note( $action, $appointment_id, (int) $row['doctor_id'], (string) $row['provider'], $detail );
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
		try {
			// The extension bounds what strangers can make it write; whoever is logged in is always recorded.
			$this->bridge->audit_refusal(
				array(
					'actor_id' => Source::actor(),
					'source'   => Source::current(),
					'route'    => $route,
					// The connection's own address: what a header says of it anybody can write.
					'address'  => isset( $_SERVER['REMOTE_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['REMOTE_ADDR'] ) ) : '',
				)
			);
		} catch ( \Throwable ) {
			return;
		}
	}

	/**
	 * Secrets were sealed anew.
	 */
	public function rotated( int $resealed, int $failed ): void {
		$this->note( 'keys_rotated', detail: "resealed {$resealed}, failed {$failed}" );
	}

	/**
	 * Somebody gave waiting operations up.
	 *
	 * @param int       $count How many were waiting.
	 * @param list<int> $ids   Of these.
	 */
	public function given_up( int $count, array $ids ): void {
		$this->note( 'operations_given_up', detail: "{$count} of " . implode( ', ', $ids ) );
	}

	/**
	 * The clinic's text of Google events decides what goes to Google.
	 */
	public function template( int $id, \WP_Post $after, \WP_Post $before ): void {
		if ( EventTemplate::POST_TYPE === $after->post_type && array( $after->post_title, $after->post_content ) !== array( $before->post_title, $before->post_content ) ) {
			$this->note( 'settings_changed', provider: Provider::GoogleMeet->value, detail: 'event template' );
		}
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
					'actor_id'       => Source::actor(),
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
