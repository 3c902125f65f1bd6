<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Links\SiteAddress;
use KiviCare\Telemed\Site\Pause;

/**
 * Everything the extension needs to know about this site, in the shape its Config class takes.
 */
final class NativeSettings {

	private const SALTS = array(
		'AUTH_KEY',
		'SECURE_AUTH_KEY',
		'LOGGED_IN_KEY',
		'NONCE_KEY',
		'AUTH_SALT',
		'SECURE_AUTH_SALT',
		'LOGGED_IN_SALT',
		'NONCE_SALT',
	);

	/**
	 * KiviCare books inside a request: a provider that is down may cost this much and no more.
	 */
	private const CONNECT_TIMEOUT_MS = 3000;
	private const TOTAL_TIMEOUT_MS   = 10000;

	public function __construct(
		private readonly \wpdb $wpdb,
		private readonly Settings $settings,
		private readonly GoogleSettings $google,
		private readonly Constants $constants
	) {}

	/**
	 * The settings array.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return array(
			'site' => (string) get_option( Installer::SITE_ID, '' ),
			'paused' => Pause::is_on(),
			'db'   => ( new DatabaseSettings( $this->wpdb, $this->constants ) )->to_array(),
			'keys' => array(
				'primary' => $this->constants->text( 'KEY' ),
				'retired' => $this->constants->list( 'RETIRED_KEYS' ),
				'salts'   => $this->salts(),
			),
			'zoom' => $this->zoom(),
			'google' => $this->google(),
			// URLs, CA and plain http never come from the database: an injected row must not redirect tokens.
			'http' => array(
				'ca_file'            => $this->constants->text( 'CA_FILE' ),
				'allow_http'         => $this->constants->flag( 'ALLOW_HTTP' ),
				'connect_timeout_ms' => self::CONNECT_TIMEOUT_MS,
				'total_timeout_ms'   => self::TOTAL_TIMEOUT_MS,
				'outbound'           => ( new OutboundSettings() )->to_array(),
			),
		);
	}

	/**
	 * Zoom's endpoints and the clinic's credentials.
	 *
	 * @return array<string, string>
	 */
	private function zoom(): array {
		$zoom = $this->settings->zoom();
		return array(
			'api_url'       => $this->constants->text( 'ZOOM_API_URL' ) ?? 'https://api.zoom.us/v2',
			'oauth_url'     => $this->constants->text( 'ZOOM_OAUTH_URL' ) ?? 'https://zoom.us/oauth',
			'auth_type'     => $zoom['auth_type'],
			// A left-over account id must not turn an OAuth site into a clinic-wide one.
			'account_id'    => AuthType::ServerToServer->value === $zoom['auth_type'] ? $zoom['account_id'] : '',
			'plan'          => $this->constants->text( 'ZOOM_PLAN' ) ?? 'pro',
			'client_id'     => $zoom['client_id'],
			'client_secret' => $zoom['client_secret'],
			'webhook_secret' => $zoom['webhook_secret'],
		);
	}

	/**
	 * Google's endpoints, the clinic's credentials and what it decided about events.
	 *
	 * @return array<string, string|int>
	 */
	private function google(): array {
		$google = $this->google->all();
		return array(
			'auth_url'         => $this->constants->text( 'GOOGLE_AUTH_URL' ) ?? 'https://accounts.google.com/o/oauth2/v2/auth',
			'token_url'        => $this->constants->text( 'GOOGLE_TOKEN_URL' ) ?? 'https://oauth2.googleapis.com/token',
			'revoke_url'       => $this->constants->text( 'GOOGLE_REVOKE_URL' ) ?? 'https://oauth2.googleapis.com/revoke',
			'api_url'          => $this->constants->text( 'GOOGLE_API_URL' ) ?? 'https://www.googleapis.com/calendar/v3',
			'client_id'        => $google['client_id'],
			'client_secret'    => $google['client_secret'],
			'send_updates'     => $google['send_updates'],
			'reminder_minutes' => (int) $google['reminder_minutes'],
			'push_url'         => $this->constants->text( 'PUSH_URL' ) ?? self::public_address(),
		);
	}

	/**
	 * Where Google can reach this site with push messages: only public https addresses. Empty for none.
	 */
	private static function public_address(): string {
		$home = SiteAddress::current()->registered();
		$host = (string) wp_parse_url( $home, PHP_URL_HOST );
		$open = 'https' === wp_parse_url( $home, PHP_URL_SCHEME )
			&& str_contains( $host, '.' )
			&& 1 !== preg_match( '/(^|\.)(localhost|local|test|invalid|example|internal|lan)$/i', $host )
			&& ( false === filter_var( $host, FILTER_VALIDATE_IP ) || false !== filter_var( $host, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE ) );
		return $open ? SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/google' ) : '';
	}

	/**
	 * All salts in one string, or null unless every one is set and none is the sample's text.
	 */
	private function salts(): ?string {
		$salts = '';
		foreach ( self::SALTS as $name ) {
			$value = defined( $name ) ? (string) constant( $name ) : '';
			if ( '' === $value || 'put your unique phrase here' === $value ) {
				return null;
			}
			$salts .= $value;
		}
		return $salts;
	}
}
