<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * Which way requests to providers leave the site, as wp-config.php says it for WordPress' own: through a proxy, past it,
 * or not at all.
 */
final class OutboundSettings {

	/**
	 * The section "outbound" of the extension's settings for HTTP.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return array(
			'own_host' => strtolower( (string) wp_parse_url( (string) get_option( 'siteurl' ), PHP_URL_HOST ) ),
			'proxy'    => self::constant_proxy() ?? self::environment_proxy(),
			'only'     => defined( 'WP_HTTP_BLOCK_EXTERNAL' ) && true === (bool) constant( 'WP_HTTP_BLOCK_EXTERNAL' ) ? self::text( 'WP_ACCESSIBLE_HOSTS' ) ?? '' : null,
		);
	}

	/**
	 * WP_PROXY_HOST and what belongs to it. Without a host there is none: some sites define it empty.
	 *
	 * @return array<string, string|null>|null
	 */
	private static function constant_proxy(): ?array {
		$host = self::text( 'WP_PROXY_HOST' );
		$port = self::text( 'WP_PROXY_PORT' );
		if ( null === $host || '' === $host || null === $port ) {
			return null;
		}
		$password = self::text( 'WP_PROXY_PASSWORD' );
		return array(
			'host'     => $host,
			'port'     => $port,
			// WordPress logs in only where both are defined.
			'user'     => null === $password ? null : self::text( 'WP_PROXY_USERNAME' ),
			'password' => $password,
			'bypass'   => self::text( 'WP_PROXY_BYPASS_HOSTS' ) ?? '',
		);
	}

	/**
	 * What curl, and with it WordPress, takes from the environment where wp-config.php names no proxy. Only the process' own
	 * environment counts, never what a request brings along.
	 *
	 * @return array<string, string>|null
	 */
	private static function environment_proxy(): ?array {
		$address = self::environment( 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY' );
		return null === $address ? null : array( 'host' => $address, 'no_proxy' => self::environment( 'no_proxy', 'NO_PROXY' ) ?? '' );
	}

	private static function environment( string ...$names ): ?string {
		foreach ( $names as $name ) {
			$value = function_exists( 'getenv' ) ? getenv( $name, true ) : false;
			if ( is_string( $value ) && '' !== $value ) {
				return $value;
			}
		}
		return null;
	}

	private static function text( string $name ): ?string {
		$value = defined( $name ) ? constant( $name ) : null;
		return is_scalar( $value ) ? (string) $value : null;
	}
}
