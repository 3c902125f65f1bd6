<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Rest\Diagnosis;

/**
 * The clinic's Zoom settings: constants win over the add-on's own option. The client secret is sealed at rest.
 */
final class Settings {

	public const OPTION = 'kiviCare_zoom_telemed_setting';

	public const MASK = SealedOption::MASK;

	private const DEFAULTS = array(
		'enableCal'     => 'No',
		'auth_type'     => 'none',
		'client_id'     => '',
		'client_secret' => '',
		'account_id'    => '',
		'redirect_url'  => '',
		'webhook_secret' => '',
		// 'Yes': patients get a link of ours that checks who is there, instead of Zoom's.
		'personal_links' => 'No',
		// Whom saving a server-to-server account offers; see Connect\ZoomOffers.
		'doctors'        => ZoomOffers::PRESENT,
	);

	/**
	 * KiviCare's alternative switch for "Zoom is on".
	 */
	public const SHARED_STATUS = 'kiviCare_zoom_telemed_server_to_server_oauth_status';

	private readonly SealedOption $option;

	public function __construct( Constants $constants ) {
		$overrides = array();
		foreach ( array( 'auth_type', 'client_id', 'client_secret', 'account_id', 'webhook_secret' ) as $field ) {
			$overrides[ $field ] = 'ZOOM_' . strtoupper( $field );
		}
		$this->option = new SealedOption( self::OPTION, self::DEFAULTS, array( 'client_secret', 'webhook_secret' ), $overrides, $constants );
	}

	/**
	 * Effective settings. The secret is sealed, or plain when it comes from a constant.
	 *
	 * @return array<string, string> The fields of DEFAULTS.
	 */
	public function zoom(): array {
		$settings = $this->option->effective();

		$settings['auth_type'] = ( AuthType::tryFrom( $settings['auth_type'] ) ?? AuthType::None )->value;
		return $settings;
	}

	/**
	 * Effective settings as a screen or REST answer may show them.
	 *
	 * @return array<string, string>
	 */
	public function zoom_for_display(): array {
		return $this->option->masked( $this->zoom() );
	}

	public function auth_type(): AuthType {
		return AuthType::from( $this->zoom()['auth_type'] );
	}

	/**
	 * Whether one Zoom account of the clinic serves all doctors.
	 */
	public function is_clinic_wide(): bool {
		return AuthType::ServerToServer === $this->auth_type() && '' !== $this->zoom()['account_id'] && $this->has_client();
	}

	/**
	 * Whether Zoom can work at all with these settings.
	 */
	public function is_configured(): bool {
		return match ( $this->auth_type() ) {
			AuthType::None           => false,
			AuthType::OAuth          => $this->has_client(),
			// Each doctor may bring their own app.
			AuthType::ServerToServer => true,
		};
	}

	/**
	 * The clinic's server-to-server app, as the extension takes it; empty fields where there is none.
	 *
	 * @return array{account_id: string, client_id: string, client_secret: string, doctor_id: int}
	 */
	public function app_keys(): array {
		$zoom   = $this->zoom();
		$shared = AuthType::ServerToServer->value === $zoom['auth_type'];
		return array(
			'account_id'    => $shared ? $zoom['account_id'] : '',
			'client_id'     => $shared ? $zoom['client_id'] : '',
			'client_secret' => $shared ? $zoom['client_secret'] : '',
			'doctor_id'     => 0,
		);
	}

	public function uses_personal_links(): bool {
		return 'Yes' === $this->zoom()['personal_links'];
	}

	/**
	 * Saves Zoom settings. Absent fields keep their value; so does a secret that is empty or the mask. A server-to-server
	 * app must get a token from Zoom first: what does not is not kept.
	 *
	 * @param Bridge                $bridge  Seals the secret.
	 * @param array<string, string> $changes auth_type, client_id, account_id, redirect_url, personal_links, doctors; client_secret and webhook_secret in plain.
	 * @throws \InvalidArgumentException When the auth type is unknown, or Zoom refuses the app; nothing is saved then.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the secret cannot be sealed; nothing is saved then.
	 */
	public function save_zoom( Bridge $bridge, #[\SensitiveParameter] array $changes ): void {
		$settings  = $this->option->changed( $bridge, array_diff_key( $changes, array( 'enableCal' => 1 ) ) );
		$auth_type = AuthType::tryFrom( $settings['auth_type'] );
		if ( null === $auth_type ) {
			throw new \InvalidArgumentException( 'auth_type must be none, oauth or server-to-server' );
		}
		if ( ! in_array( $settings['doctors'], ZoomOffers::CHOICES, true ) ) {
			throw new \InvalidArgumentException( 'doctors must be all, present or choice' );
		}
		$changed = $this->prove( $bridge, $settings, $changes );
		// KiviCare compares with exactly this spelling.
		$settings['enableCal'] = AuthType::None === $auth_type ? 'No' : 'Yes';
		$this->option->write( $settings );
		update_option( self::SHARED_STATUS, AuthType::ServerToServer === $auth_type ? 'Yes' : 'No' );
		$changed && self::forget_tokens();
	}

	/**
	 * Lets a server-to-server app that is new or changed get a token.
	 *
	 * @param array<string, string> $settings To be stored.
	 * @param array<string, string> $changes  As they were given, secrets in plain.
	 * @return bool Whether there was something to prove.
	 * @throws \InvalidArgumentException When Zoom refuses the app, or cannot be asked.
	 */
	private function prove( Bridge $bridge, #[\SensitiveParameter] array $settings, #[\SensitiveParameter] array $changes ): bool {
		$before = $this->app_keys();
		$after  = $this->option->overridden( $settings );
		$keys   = array( 'account_id' => $after['account_id'], 'client_id' => $after['client_id'], 'client_secret' => $after['client_secret'], 'doctor_id' => 0, 'host' => '' );
		$typed  = trim( $changes['client_secret'] ?? '' );
		if ( AuthType::ServerToServer->value !== $after['auth_type'] || in_array( '', array( $keys['account_id'], $keys['client_id'], $keys['client_secret'] ), true ) || $keys === $before + array( 'host' => '' ) ) {
			return false;
		}
		// A constant wins over what was typed.
		if ( '' !== $typed && self::MASK !== $typed && hash_equals( $settings['client_secret'], $after['client_secret'] ) ) {
			$keys['client_secret'] = $typed;
		}
		$answer = $bridge->probe( $keys );
		if ( 'done' !== $answer['state'] ) {
			throw new \InvalidArgumentException( Diagnosis::of( Provider::Zoom, $answer ) . ' ' . __( 'Nothing was saved.', 'kivicare-telemed' ) );
		}
		return true;
	}

	/**
	 * Tokens of a former app are of no use any more.
	 */
	private static function forget_tokens(): void {
		global $wpdb;
		// phpcs:ignore WordPress.DB
		$names = (array) $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $wpdb->esc_like( 'kivicare_telemed_zoom_token_' ) . '%' ) );
		array_map( 'delete_option', array_map( 'strval', $names ) );
	}

	private function has_client(): bool {
		$settings = $this->zoom();
		return '' !== $settings['client_id'] && '' !== $settings['client_secret'];
	}
}
