<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * Credentials of JWT apps, which Zoom ended in 2023: deleted, with a notice.
 */
final class JwtStep implements Step {

	private const META = 'zoom_telemed_setting';

	private const OPTIONS = array( 'kiviCare_zoom_api_key', 'kiviCare_zoom_api_secret' );

	public function __construct(
		private readonly MetaRows $rows,
		private readonly Disused $disused
	) {}

	public function key(): string {
		return 'jwt';
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		foreach ( $this->rows->of( self::META ) as $row ) {
			$tally->count(
				function () use ( $row, $dry_run ): int {
					if ( ! $dry_run ) {
						$this->rows->delete( $row );
						$this->disused->add( $row->user_id );
					}
					return 1;
				}
			);
		}
		foreach ( self::OPTIONS as $option ) {
			$tally->count(
				static function () use ( $option, $dry_run ): int {
					if ( false === get_option( $option ) ) {
						return 0;
					}
					return (int) ( $dry_run || delete_option( $option ) );
				}
			);
		}
		return $tally->result( $this->key(), __( 'Credentials of JWT apps are deleted: Zoom ended these apps in 2023.', 'kivicare-telemed' ) );
	}
}
