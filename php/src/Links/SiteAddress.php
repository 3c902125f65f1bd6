<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

/**
 * The addresses under which providers, mails and browsers reach our routes. One for each route, whatever page or language
 * asks: plugins filter home_url() and rest_url() by language, and a provider refuses a redirect URL that is not the
 * registered one. So they are built from WP_HOME or the stored option, never from a filter and never from a Host header.
 */
final class SiteAddress {

	/**
	 * Parts of an address.
	 *
	 * @param string $home       Configured address of the site.
	 * @param string $permalinks Structure, empty for plain permalinks.
	 * @param string $prefix     Of the REST API.
	 */
	public function __construct(
		private readonly string $home,
		private readonly string $permalinks,
		private readonly string $prefix
	) {}

	public static function current(): self {
		return new self( self::configured(), (string) get_option( 'permalink_structure' ), rest_get_url_prefix() );
	}

	/**
	 * The site's address as it is configured, without a slash at its end. The one place that decides it.
	 */
	private static function configured(): string {
		$stored = wp_load_alloptions()['home'] ?? get_option( 'home' );
		return untrailingslashit( trim( (string) ( defined( 'WP_HOME' ) ? constant( 'WP_HOME' ) : $stored ) ) );
	}

	public function home(): string {
		return $this->home;
	}

	/**
	 * A route's address for people. Who came by https stays there: over http a browser sends no login cookie.
	 */
	public function rest( string $route ): string {
		return $this->route( is_ssl() ? self::encrypted( $this->home ) : $this->home, $route );
	}

	/**
	 * A route's address for a provider's form. Providers take https alone, except on the machine itself.
	 */
	public function at_provider( string $route ): string {
		return $this->route( $this->is_local() ? $this->home : self::encrypted( $this->home ), $route );
	}

	/**
	 * As WordPress' get_rest_url() puts it together.
	 */
	private function route( string $home, string $route ): string {
		if ( '' === $this->permalinks ) {
			return $home . '/index.php?rest_route=/' . $route;
		}
		$index = 1 === preg_match( '#^/*index\.php#', $this->permalinks ) ? '/index.php/' : '/';
		return $home . $index . $this->prefix . '/' . $route;
	}

	private function is_local(): bool {
		$host = trim( (string) wp_parse_url( $this->home, PHP_URL_HOST ), '[]' );
		return 1 === preg_match( '/^(localhost|.+\.localhost|127(\.\d+){3}|::1)$/i', $host );
	}

	private static function encrypted( string $address ): string {
		return (string) preg_replace( '#^http:#i', 'https:', $address );
	}
}
