<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\SharedMeta;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Doctors' own server-to-server apps: the JSON text that KiviCare searches, the secret sealed.
 */
final class DoctorAppsStep implements Step {

	public function __construct(
		private readonly MetaRows $rows,
		private readonly Bridge $bridge
	) {}

	public function key(): string {
		return DoctorConnections::ZOOM_SHARED;
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		foreach ( $this->rows->of( DoctorConnections::ZOOM_SHARED ) as $row ) {
			$tally->count( fn(): int => $this->upgrade( $row, $dry_run ) );
		}
		return $tally->result( $this->key(), __( 'Doctors\' own Zoom apps are in the present form, their secrets sealed.', 'kivicare-telemed' ) );
	}

	private function upgrade( MetaRow $row, bool $dry_run ): int {
		$fields = Legacy::fields( $row->value );
		if ( null === $fields ) {
			return 0;
		}
		$secret = Legacy::text( $fields, 'client_secret', 'clientSecret' );
		$plain  = '' !== $secret && ! $this->bridge->is_sealed( $secret );
		$ours   = array( 'enableServerToServerOauthconfig' => Legacy::is_on( $fields['enableServerToServerOauthconfig'] ?? '' ) ? 'true' : 'false' );
		foreach ( array( 'account_id' => 'accountId', 'client_id' => 'clientId' ) as $field => $older ) {
			$ours[ $field ] = Legacy::text( $fields, $field, $older );
		}
		$ours['client_secret'] = $plain && ! $dry_run ? $this->bridge->seal( $secret, 'user:' . $row->user_id, DoctorConnections::ZOOM_SHARED ) : $secret;
		$site           = is_multisite() && $plain ? SharedMeta::site() : Legacy::text( $fields, 'site', 'site' );
		$ours          += array( 'zoom_user' => Legacy::text( $fields, 'zoom_user', 'zoom_user' ), 'site' => $site );
		// Without credentials the clinic's app serves the doctor, and the switch stands alone.
		$text = (string) wp_json_encode( array_filter( $ours, static fn( string $value ): bool => '' !== $value ) );
		if ( ! $plain && $text === $row->value ) {
			return 0;
		}
		$dry_run || $this->rows->replace( $row, $text );
		return 1;
	}
}
