<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;

/**
 * The clinic's Zoom settings: an array with text fields, the secret sealed, JWT credentials gone.
 */
final class SettingsStep implements Step {

	/**
	 * Credentials of Zoom's JWT and SDK apps, which Zoom retired.
	 */
	private const RETIRED = array( 'api_key', 'api_secret', 'sdk_key', 'sdk_secret', 'jwt_token', 'jwt_key', 'jwt_secret', 'zoom_api_key', 'zoom_api_secret' );

	/**
	 * Our field => its older spelling.
	 */
	private const OLDER = array(
		'client_id'     => 'clientId',
		'client_secret' => 'clientSecret',
		'account_id'    => 'accountId',
		'redirect_url'  => 'redirectUrl',
	);

	public function __construct( private readonly Bridge $bridge ) {}

	public function key(): string {
		return 'zoom_settings';
	}

	public function run( Mode $mode ): StepResult {
		$dry_run = Mode::Count === $mode;
		$tally = new Tally();
		$tally->count(
			function () use ( $dry_run ): int {
				$stored = get_option( Settings::OPTION, null );
				$fields = Legacy::fields( $stored );
				if ( null === $fields ) {
					return 0;
				}
				$upgraded = $this->upgraded( $fields, $dry_run );
				if ( $upgraded === $stored ) {
					return 0;
				}
				$dry_run || update_option( Settings::OPTION, $upgraded );
				return 1;
			}
		);
		return $tally->result( $this->key(), __( 'The Zoom settings are in the present form, the secret is sealed.', 'kivicare-telemed' ) );
	}

	/**
	 * The option in our form. What others keep in it stays.
	 *
	 * @param array<array-key, mixed> $fields Stored fields.
	 * @return array<array-key, mixed>
	 */
	private function upgraded( #[\SensitiveParameter] array $fields, bool $dry_run ): array {
		$ours = array( 'enableCal' => Legacy::is_on( $fields['enableCal'] ?? '' ) ? 'Yes' : 'No' );
		foreach ( self::OLDER as $field => $older ) {
			$ours[ $field ] = Legacy::text( $fields, $field, $older );
		}
		$ours['auth_type'] = $this->auth_type( $fields, $ours );
		if ( '' !== $ours['client_secret'] && ! $dry_run && ! $this->bridge->is_sealed( $ours['client_secret'] ) ) {
			$ours['client_secret'] = $this->bridge->seal( $ours['client_secret'], 'option:' . Settings::OPTION, 'client_secret' );
		}
		$dry = $dry_run && '' !== $ours['client_secret'] && ! $this->bridge->is_sealed( $ours['client_secret'] ) ? array( 'to_be_sealed' => true ) : array();
		return array_merge( array_diff_key( $fields, array_flip( self::RETIRED ), array_flip( self::OLDER ) ), $ours, $dry );
	}

	/**
	 * How the clinic connected before there was a field for it.
	 *
	 * @param array<array-key, mixed> $fields Stored fields.
	 * @param array<string, string>   $ours   Fields so far.
	 */
	private function auth_type( array $fields, array $ours ): string {
		$given = AuthType::tryFrom( Legacy::text( $fields, 'auth_type', 'authType' ) );
		if ( null !== $given ) {
			return $given->value;
		}
		if ( 'Yes' === get_option( Settings::SHARED_STATUS ) ) {
			return AuthType::ServerToServer->value;
		}
		return ( 'Yes' === $ours['enableCal'] && '' !== $ours['client_id'] && '' !== $ours['client_secret'] ? AuthType::OAuth : AuthType::None )->value;
	}
}
