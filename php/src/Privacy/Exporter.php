<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Privacy;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * What we know about a patient or doctor, for WordPress' export of personal data. Of a connection only that there is
 * one: tokens, links and passcodes open doors and are nobody's information.
 */
final class Exporter implements Registerable {

	private const PAGE = 100;

	public function __construct(
		private readonly PersonalRows $rows,
		private readonly DoctorConnections $doctors,
		private readonly ZoomUsers $people
	) {}

	public function register(): void {
		add_filter( 'wp_privacy_personal_data_exporters', array( $this, 'add' ) );
	}

	/**
	 * Adds the exporter.
	 *
	 * @param mixed $exporters WordPress' list.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( $exporters ): array {
		$exporters = is_array( $exporters ) ? $exporters : array();

		$exporters['kivicare-telemed'] = array(
			'exporter_friendly_name' => __( 'KiviCare Telemed', 'kivicare-telemed' ),
			'callback'               => array( $this, 'export' ),
		);
		return $exporters;
	}

	/**
	 * One page.
	 *
	 * @return array{data: list<array<string, mixed>>, done: bool}
	 */
	public function export( string $email, int $page = 1 ): array {
		$user = get_user_by( 'email', $email );
		if ( false === $user ) {
			return array( 'data' => array(), 'done' => true );
		}
		$offset = ( max( 1, $page ) - 1 ) * self::PAGE;
		$lists  = array(
			array_map( array( $this, 'meeting' ), $this->rows->meetings( $user->ID, self::PAGE, $offset ) ),
			array_map( array( $this, 'operation' ), $this->rows->operations( $user->ID, self::PAGE, $offset ) ),
			array_map( fn( array $row ): array => $this->entry( $row, $user->ID ), $this->rows->audit( $user->ID, self::PAGE, $offset ) ),
		);
		return array(
			'data' => array_merge( 0 === $offset ? $this->connections( $user->ID ) : array(), ...$lists ),
			'done' => max( array_map( 'count', $lists ) ) < self::PAGE,
		);
	}

	/**
	 * The doctor's connections.
	 *
	 * @return list<array<string, mixed>>
	 */
	private function connections( int $user_id ): array {
		$data = array();
		foreach ( Provider::cases() as $provider ) {
			$data[ $provider->label() ] = $this->doctors->keeps_tokens( $provider, $user_id ) ? __( 'connected', 'kivicare-telemed' ) : '';
			/* translators: %s: Zoom or Google Meet. */
			$data[ sprintf( __( 'Account at %s', 'kivicare-telemed' ), $provider->label() ) ] = $this->doctors->keeps_tokens( $provider, $user_id ) ? (string) get_user_meta( $user_id, $provider->identity_key(), true ) : '';
		}
		$data[ __( 'User in the clinic\'s Zoom account', 'kivicare-telemed' ) ] = $this->people->find( $user_id )->address ?? '';
		$data[ __( 'Own Zoom app', 'kivicare-telemed' ) ]                       = null === $this->doctors->own_app( $user_id ) ? '' : __( 'connected', 'kivicare-telemed' );
		return array() === array_filter( $data ) ? array() : array( $this->item( 'connections', __( 'Connections to video providers', 'kivicare-telemed' ), (string) $user_id, $data ) );
	}

	/**
	 * A meeting.
	 *
	 * @param array<string, string|null> $row Of PersonalRows.
	 * @return array<string, mixed>
	 */
	private function meeting( array $row ): array {
		$extra  = json_decode( (string) $row['extra'], true );
		$extra  = is_array( $extra ) ? $extra : array();
		$people = array_map(
			static fn( $person ): string => is_array( $person ) ? trim( implode( ' ', array_map( 'strval', array_filter( array( $person['state'] ?? '', $person['joined_at'] ?? '', $person['left_at'] ?? '' ) ) ) ) ) : '',
			(array) ( $extra['participants'] ?? array() )
		);
		return $this->item(
			'meetings',
			__( 'Video visits', 'kivicare-telemed' ),
			"{$row['provider']}-{$row['appointment_id']}",
			array(
				__( 'Appointment', 'kivicare-telemed' )              => (string) $row['appointment_id'],
				__( 'Provider', 'kivicare-telemed' )                 => (string) $row['provider'],
				__( 'Meeting', 'kivicare-telemed' )                  => (string) $row['meeting_id'],
				__( 'Start', 'kivicare-telemed' )                    => (string) ( $extra['start_time'] ?? '' ),
				__( 'Started', 'kivicare-telemed' )                  => (string) ( $extra['started_at'] ?? '' ),
				__( 'Ended', 'kivicare-telemed' )                    => (string) ( $extra['ended_at'] ?? '' ),
				__( 'Attendance', 'kivicare-telemed' )               => implode( '; ', array_filter( $people ) ),
				__( 'Answer to the invitation', 'kivicare-telemed' ) => (string) ( $extra['answer'] ?? '' ),
			)
		);
	}

	/**
	 * An operation.
	 *
	 * @param array<string, string|null> $row Of PersonalRows.
	 * @return array<string, mixed>
	 */
	private function operation( array $row ): array {
		return $this->item(
			'operations',
			__( 'Work on video visits', 'kivicare-telemed' ),
			(string) $row['id'],
			array(
				__( 'Time', 'kivicare-telemed' )        => (string) $row['created_at'],
				__( 'Appointment', 'kivicare-telemed' ) => (string) $row['appointment_id'],
				__( 'Provider', 'kivicare-telemed' )    => (string) $row['provider'],
				__( 'Operation', 'kivicare-telemed' )   => (string) $row['kind'],
				__( 'State', 'kivicare-telemed' )       => (string) $row['state'],
				__( 'Message', 'kivicare-telemed' )     => (string) $row['message'],
			)
		);
	}

	/**
	 * An entry of the audit log.
	 *
	 * @param array<string, string|null> $row     Of PersonalRows.
	 * @param int                        $user_id Whose export it is.
	 * @return array<string, mixed>
	 */
	private function entry( array $row, int $user_id ): array {
		return $this->item(
			'audit',
			__( 'Audit log of video visits', 'kivicare-telemed' ),
			(string) $row['id'],
			array(
				__( 'Time', 'kivicare-telemed' )        => (string) $row['at'],
				// Who else acted is that person's information.
				__( 'Done by', 'kivicare-telemed' )     => $user_id === (int) $row['actor_id'] ? __( 'you', 'kivicare-telemed' ) : '',
				__( 'Action', 'kivicare-telemed' )      => (string) $row['action'],
				__( 'Appointment', 'kivicare-telemed' ) => '0' === $row['appointment_id'] ? '' : (string) $row['appointment_id'],
				__( 'Provider', 'kivicare-telemed' )    => (string) $row['provider'],
				__( 'Detail', 'kivicare-telemed' )      => (string) $row['detail'],
			)
		);
	}

	/**
	 * An item in WordPress' form; empty values are left out.
	 *
	 * @param array<string, string> $data Label => value.
	 * @return array<string, mixed>
	 */
	private function item( string $group, string $label, string $id, array $data ): array {
		$data = array_filter( $data, static fn( string $value ): bool => '' !== $value );
		return array(
			'group_id'    => 'kivicare-telemed-' . $group,
			'group_label' => $label,
			'item_id'     => "kivicare-telemed-{$group}-{$id}",
			'data'        => array_map( static fn( string $name, string $value ): array => compact( 'name', 'value' ), array_map( 'strval', array_keys( $data ) ), array_values( $data ) ),
		);
	}
}
