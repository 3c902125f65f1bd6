<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomUsers;

/**
 * Doctors with both connections, for lists. Read for the command line and the administrator's screen.
 */
final class Doctors {

	public function __construct(
		private readonly Tables $tables,
		private readonly DoctorConnections $doctors,
		private readonly Settings $settings,
		private readonly ZoomUsers $people
	) {}

	/**
	 * A page of doctors.
	 *
	 * Items: id, name, provider (who serves: zoom, googlemeet or empty), via (own, app, clinic or empty), email
	 * (in WordPress), zoom_user (the approved Zoom user's address), zoom_user_id (empty where none is approved), offer (why
	 * none is: a reason, or empty) with offer_remedy, connections: zoom and googlemeet, each with state (healthy,
	 * expiring, reconnect, revoked, not_connected), reason, message, refreshed_at (Unix seconds, 0 for unknown).
	 */
	public function page( Query $query ): Page {
		list( $rows, $total ) = $this->tables->doctors( $query );
		// One query for all metas that decide who serves them.
		$ids = array_values( array_map( 'intval', array_column( $rows, 'id' ) ) );
		update_meta_cache( 'user', $ids );
		$this->people->prime( $ids );
		return new Page( array_map( array( $this, 'item' ), $rows ), $total, $query->per_page );
	}

	/**
	 * One doctor, null when there is none or the query's restriction hides it.
	 *
	 * @return array<string, mixed>|null
	 */
	public function find( int $doctor_id, int $clinic_admin = 0 ): ?array {
		return $this->page( new Query( per_page: 1, doctor_id: $doctor_id, clinic_admin: $clinic_admin ) )->items[0] ?? null;
	}

	/**
	 * A row as an item.
	 *
	 * @param array<string, string|null> $row Of Tables::doctors().
	 * @return array<string, mixed>
	 */
	private function item( array $row ): array {
		$id          = (int) $row['id'];
		$provider    = $this->doctors->provider_of( $id );
		$connections = array();
		foreach ( Provider::cases() as $each ) {
			$connections[ $each->value ] = array(
				'state'        => (string) $row[ $each->value . '_state' ],
				'reason'       => (string) $row[ $each->value . '_reason' ],
				'message'      => (string) $row[ $each->value . '_message' ],
				'refreshed_at' => (int) $row[ $each->value . '_refreshed_at' ],
			);
		}
		return array(
			'id'          => $id,
			'name'        => (string) $row['name'],
			'provider'    => $provider->value ?? '',
			'via'         => $this->via( $id, $provider ),
			'email'       => (string) $row['email'],
			'connections' => $connections,
		) + $this->zoom_user( $id );
	}

	/**
	 * Which Zoom user the doctor is.
	 *
	 * @return array{zoom_user: string, zoom_user_id: string, offer: string, offer_remedy: string}
	 */
	private function zoom_user( int $doctor_id ): array {
		$user  = $this->people->find( $doctor_id );
		$offer = null === $user || '' !== $user->id || ! $this->settings->is_clinic_wide() ? '' : ( '' === $user->reason ? Offer::WAITING : $user->reason );
		return array(
			'zoom_user'    => $user->address ?? '',
			'zoom_user_id' => $user->id ?? '',
			'offer'        => $offer,
			'offer_remedy' => Offer::remedy( $offer, $user->address ?? '' ),
		);
	}

	/**
	 * By whose authority the doctor's meetings are made.
	 */
	private function via( int $doctor_id, ?Provider $provider ): string {
		return match ( true ) {
			null === $provider => '',
			$this->doctors->has_own_tokens( $doctor_id, $provider ) => 'own',
			null !== $this->doctors->own_app( $doctor_id ) => 'app',
			default => $this->settings->is_clinic_wide() && '' !== $this->people->id( $doctor_id ) ? 'clinic' : '',
		};
	}
}
