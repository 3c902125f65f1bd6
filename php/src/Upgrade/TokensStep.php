<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SharedMeta;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * Doctors' tokens of one provider: sealed where they stand. What can never be refreshed is dropped, and its doctor is
 * told to connect again.
 */
final class TokensStep implements Step {

	/**
	 * One provider's metas.
	 *
	 * @param MetaRows $rows     Meta rows.
	 * @param Bridge   $bridge   Seals.
	 * @param Disused  $disused  Doctors who must connect again.
	 * @param Provider $provider Whose tokens.
	 */
	public function __construct(
		private readonly MetaRows $rows,
		private readonly Bridge $bridge,
		private readonly Disused $disused,
		private readonly Provider $provider
	) {}

	public function key(): string {
		return $this->provider->tokens_key();
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		foreach ( $this->rows->of( $this->provider->tokens_key() ) as $row ) {
			$tally->count( fn(): int => $this->upgrade( $row, $dry_run ) );
		}
		return $tally->result( $this->key(), __( 'Tokens are sealed; what Zoom or Google would not accept any more is deleted.', 'kivicare-telemed' ) );
	}

	private function upgrade( MetaRow $row, bool $dry_run ): int {
		if ( $this->bridge->is_sealed( $row->value ) ) {
			return 0;
		}
		if ( $dry_run ) {
			return 1;
		}
		$tokens = LegacyTokens::json( $row->value );
		if ( null !== $tokens ) {
			$this->rows->replace( $row, $this->bridge->seal( $tokens, 'user:' . $row->user_id, $this->provider->tokens_key() ) );
			is_multisite() && update_user_meta( $row->user_id, DoctorConnections::HOME . $this->provider->value, SharedMeta::site() );
			return 1;
		}
		$this->rows->delete( $row );
		update_user_meta( $row->user_id, $this->provider->connect_key(), 'off' );
		$this->disused->add( $row->user_id );
		return 1;
	}
}
