<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * Doctors' tokens of one provider: sealed where they stand. What can never be refreshed is dropped, and its doctor is
 * told to connect again.
 */
final class TokensStep implements Step {

	/**
	 * One provider's metas.
	 *
	 * @param MetaRows $rows        Meta rows.
	 * @param Bridge   $bridge      Seals.
	 * @param Disused  $disused     Doctors who must connect again.
	 * @param string   $meta_key    Where the tokens are.
	 * @param string   $connect_key The doctor's switch for the provider.
	 */
	public function __construct(
		private readonly MetaRows $rows,
		private readonly Bridge $bridge,
		private readonly Disused $disused,
		private readonly string $meta_key,
		private readonly string $connect_key
	) {}

	public function key(): string {
		return $this->meta_key;
	}

	public function run( bool $dry_run ): StepResult {
		$tally = new Tally();
		foreach ( $this->rows->of( $this->meta_key ) as $row ) {
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
			$this->rows->replace( $row, $this->bridge->seal( $tokens, 'user:' . $row->user_id, $this->meta_key ) );
			return 1;
		}
		$this->rows->delete( $row );
		update_user_meta( $row->user_id, $this->connect_key, 'off' );
		$this->disused->add( $row->user_id );
		return 1;
	}
}
