<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Keys;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Upgrade\MetaRow;
use KiviCare\Telemed\Upgrade\MetaRows;

/**
 * Seals every secret of the site again under the current key. Repeatable and resumable: what has the current key is
 * passed over, and each secret is written by itself, only over what was read.
 */
final class KeyRotation {

	/**
	 * Fired with (int $resealed, int $failed) after a rotation that wrote something or failed.
	 */
	public const DONE_ACTION = 'kivicare_telemed_keys_rotated';

	/**
	 * Option => sealed fields.
	 */
	private const OPTIONS = array(
		Settings::OPTION       => array( 'client_secret', 'webhook_secret' ),
		GoogleSettings::OPTION => array( 'client_secret' ),
	);

	/**
	 * The extension's cached tokens of server-to-server apps.
	 */
	private const TOKEN_OPTIONS = 'kivicare_telemed_zoom_token_';

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly Bridge $bridge,
		private readonly MetaRows $rows
	) {}

	/**
	 * Rotates.
	 *
	 * @param bool $dry_run Count only.
	 */
	public function run( bool $dry_run = false ): RotationReport {
		$report = new RotationReport();
		foreach ( self::OPTIONS as $option => $fields ) {
			$this->options( $report, $option, $fields, $dry_run );
		}
		$this->token_options( $report, $dry_run );
		foreach ( Provider::cases() as $provider ) {
			$this->metas( $report, $provider->tokens_key(), fn( MetaRow $row ): string => $row->value, static fn( MetaRow $row, string $sealed ): string => $sealed, $dry_run );
		}
		$this->metas( $report, DoctorConnections::ZOOM_SHARED, static fn( MetaRow $row ): string => self::app_secret( $row->value ), array( self::class, 'with_app_secret' ), $dry_run );
		if ( ! $dry_run && $report->resealed() + $report->failed() > 0 ) {
			do_action( self::DONE_ACTION, $report->resealed(), $report->failed() );
		}
		return $report;
	}

	/**
	 * Secret fields of a settings option.
	 *
	 * @param list<string> $fields Sealed fields.
	 */
	private function options( RotationReport $report, string $option, array $fields, bool $dry_run ): void {
		foreach ( $fields as $field ) {
			$stored = get_option( $option, array() );
			$sealed = is_array( $stored ) ? (string) ( $stored[ $field ] ?? '' ) : '';
			$this->one(
				$report,
				$option,
				$sealed,
				'option:' . $option,
				$field,
				$dry_run,
				fn( string $fresh ) => $this->write_option( $option, (string) maybe_serialize( $stored ), (string) maybe_serialize( array_merge( (array) $stored, array( $field => $fresh ) ) ) )
			);
		}
	}

	private function token_options( RotationReport $report, bool $dry_run ): void {
		// phpcs:ignore WordPress.DB
		$rows = (array) $this->wpdb->get_results( $this->wpdb->prepare( "SELECT option_name, option_value FROM {$this->wpdb->options} WHERE option_name LIKE %s", $this->wpdb->esc_like( self::TOKEN_OPTIONS ) . '%' ), ARRAY_A );
		foreach ( $rows as $row ) {
			list( $name, $sealed ) = array( (string) $row['option_name'], (string) $row['option_value'] );
			$this->one( $report, self::TOKEN_OPTIONS . '*', $sealed, 'option:' . $name, $name, $dry_run, fn( string $fresh ) => $this->write_option( $name, $sealed, $fresh ) );
		}
	}

	/**
	 * Sealed user metas of one key.
	 *
	 * @param \Closure(MetaRow): string         $read  The seal in a row.
	 * @param callable(MetaRow, string): string $write The row's value with another seal.
	 */
	private function metas( RotationReport $report, string $key, \Closure $read, callable $write, bool $dry_run ): void {
		foreach ( $this->rows->of( $key ) as $row ) {
			$this->one( $report, $key, $read( $row ), 'user:' . $row->user_id, $key, $dry_run, fn( string $fresh ) => $this->rows->replace( $row, $write( $row, $fresh ) ) );
		}
	}

	/**
	 * One secret.
	 *
	 * @param \Closure(string): void $write Stores the new seal.
	 */
	private function one( RotationReport $report, string $place, string $sealed, string $owner, string $purpose, bool $dry_run, \Closure $write ): void {
		try {
			if ( '' === $sealed || ! $this->bridge->is_sealed( $sealed ) ) {
				return;
			}
			if ( ! $this->bridge->needs_reseal( $sealed ) ) {
				$report->add( $place, RotationReport::CURRENT );
				return;
			}
			$dry_run || $write( $this->bridge->reseal( $sealed, $owner, $purpose ) );
			$report->add( $place, RotationReport::RESEALED );
		} catch ( BridgeException $error ) {
			$report->add( $place, RotationReport::FAILED, $error->getMessage() );
		}
	}

	/**
	 * Replaces an option's text while it is what was read; hooks of a change of settings do not apply.
	 *
	 * @throws BridgeException When somebody else changed it.
	 */
	private function write_option( string $name, string $old, string $fresh ): void {
		// phpcs:ignore WordPress.DB
		$written = $this->wpdb->query( $this->wpdb->prepare( "UPDATE {$this->wpdb->options} SET option_value = %s WHERE option_name = %s AND SHA2(CONVERT(option_value USING utf8mb4), 256) = %s", $fresh, $name, hash( 'sha256', $old ) ) );
		wp_cache_delete( $name, 'options' );
		wp_cache_delete( 'alloptions', 'options' );
		if ( 1 !== $written ) {
			throw new BridgeException( Failure::Store, __( 'a setting was changed by somebody else meanwhile', 'kivicare-telemed' ) );
		}
	}

	private static function app_secret( string $json ): string {
		$data = json_decode( $json, true );
		return is_array( $data ) ? (string) ( $data['client_secret'] ?? '' ) : '';
	}

	/**
	 * The meta in the compact form that KiviCare searches.
	 */
	public static function with_app_secret( MetaRow $row, string $sealed ): string {
		return (string) wp_json_encode( array_merge( (array) json_decode( $row->value, true ), array( 'client_secret' => $sealed ) ) );
	}
}
