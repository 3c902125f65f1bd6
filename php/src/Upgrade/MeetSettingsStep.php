<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * The clinic's Google settings: an array, the secret sealed, everything else as it was.
 */
final class MeetSettingsStep implements Step {

	private const OPTION = 'kiviCare_google_meet_setting';

	public function __construct( private readonly Bridge $bridge ) {}

	public function key(): string {
		return 'google_meet_settings';
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		$tally->count(
			function () use ( $dry_run ): int {
				$stored = get_option( self::OPTION, null );
				$fields = Legacy::fields( $stored );
				if ( null === $fields ) {
					return 0;
				}
				$secret = Legacy::text( $fields, 'client_secret' );
				$plain  = '' !== $secret && ! $this->bridge->is_sealed( $secret );
				if ( $fields === $stored && ! $plain ) {
					return 0;
				}
				if ( ! $dry_run ) {
					$sealed = $plain ? array( 'client_secret' => $this->bridge->seal( $secret, 'option:' . self::OPTION, 'client_secret' ) ) : array();
					update_option( self::OPTION, array_merge( $fields, $sealed ) );
				}
				return 1;
			}
		);
		return $tally->result( $this->key(), __( 'The Google settings are in the present form, the secret is sealed.', 'kivicare-telemed' ) );
	}
}
