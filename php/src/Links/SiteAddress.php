<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\Site\Addresses;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Record;

/**
 * The addresses under which providers, mails and browsers reach our routes. One for each route, whatever page or language
 * asks: plugins filter home_url() and rest_url() by language, and a provider refuses a redirect URL that is not the
 * registered one. So they are built from what an administrator confirmed, never from a filter and never from a Host header.
 */
final class SiteAddress {

	/**
	 * What is registered at providers.
	 */
	private readonly string $registered;

	/**
	 * Parts of an address.
	 *
	 * @param string      $home       Address of the site for people.
	 * @param string      $permalinks Structure, empty for plain permalinks.
	 * @param string      $prefix     Of the REST API.
	 * @param string|null $registered Address of the site for providers, where it is another one.
	 */
	public function __construct(
		private readonly string $home,
		private readonly string $permalinks,
		private readonly string $prefix,
		?string $registered = null
	) {
		$this->registered = $registered ?? $home;
	}

	public static function current(): self {
		$record    = Record::stored();
		$confirmed = null === $record || '' === $record->home ? null : untrailingslashit( $record->home );
		return new self( self::for_people( $record ), (string) get_option( 'permalink_structure' ), rest_get_url_prefix(), $confirmed );
	}

	/**
	 * The address in effect where it is a confirmed one. WP_HOME may be made from a Host header; then, and while the plugin
	 * is paused, the stored address counts if it has changed, and the confirmed one otherwise.
	 */
	private static function for_people( ?Record $record ): string {
		$row    = trim( Facts::home_row() );
		$effect = Facts::wp_home() ?? $row;
		$known  = $record->addresses ?? array();
		$home   = match ( true ) {
			null === $record || '' === $record->home, in_array( Addresses::normalise( $effect ), $known, true ) => $effect,
			in_array( Addresses::normalise( $row ), $known, true ) => $record->home,
			default => $row,
		};
		return untrailingslashit( $home );
	}

	/**
	 * For people, without a slash at the end.
	 */
	public function home(): string {
		return $this->home;
	}

	/**
	 * As registered at providers, without a slash at the end: the address that an administrator confirmed.
	 */
	public function registered(): string {
		return $this->registered;
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
		return $this->route( $this->is_local() ? $this->registered : self::encrypted( $this->registered ), $route );
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
		$host = trim( (string) wp_parse_url( $this->registered, PHP_URL_HOST ), '[]' );
		return 1 === preg_match( '/^(localhost|.+\.localhost|127(\.\d+){3}|::1)$/i', $host );
	}

	private static function encrypted( string $address ): string {
		return (string) preg_replace( '#^http:#i', 'https:', $address );
	}
}
