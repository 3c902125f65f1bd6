<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

/**
 * Where this process runs, without a query: the address that is stored, the one in effect, and the environment. Filters
 * are passed by: plugins for languages and domains change home_url() and the option with every request.
 */
final class Facts {

	/**
	 * Facts.
	 *
	 * @param list<string> $urls        Addresses that must all be confirmed; the one in effect comes first.
	 * @param string       $environment WordPress' environment type.
	 */
	public function __construct(
		public readonly array $urls,
		public readonly string $environment
	) {}

	public static function now(): self {
		return new self( array_values( array_filter( array( self::constant(), self::home_row() ) ) ), wp_get_environment_type() );
	}

	/**
	 * What may be confirmed without asking: an address that could come from a Host header is left out.
	 */
	public static function trustworthy(): self {
		$urls = self::comes_from_visitor( self::constant() ) ? array( self::home_row() ) : array( self::constant(), self::home_row() );
		return new self( array_values( array_filter( $urls ) ), wp_get_environment_type() );
	}

	/**
	 * The addresses in comparable form.
	 *
	 * @return list<string>
	 */
	public function addresses(): array {
		return Addresses::normalise_all( $this->urls );
	}

	/**
	 * The address in effect.
	 */
	public function home(): string {
		return $this->urls[0] ?? '';
	}

	/**
	 * The option "home" as it is stored.
	 */
	public static function home_row(): string {
		$home = wp_load_alloptions()['home'] ?? null;
		if ( is_string( $home ) ) {
			return $home;
		}
		// Somebody has taken it out of the options that WordPress loads at once.
		global $wpdb;
		// phpcs:ignore WordPress.DB
		return (string) $wpdb->get_var( "SELECT option_value FROM {$wpdb->options} WHERE option_name = 'home'" );
	}

	/**
	 * WP_HOME, null where it is not defined. On a network it has no effect: each site has the address that is stored.
	 */
	public static function wp_home(): ?string {
		$home = defined( 'WP_HOME' ) && ! is_multisite() ? constant( 'WP_HOME' ) : null;
		return is_string( $home ) ? trim( $home ) : null;
	}

	/**
	 * WP_HOME, empty where it does not count or names no host: made from a Host header, it does so on the command line.
	 */
	private static function constant(): string {
		$home = self::wp_home() ?? '';
		return '' === Addresses::normalise( $home ) ? '' : $home;
	}

	/**
	 * Whether the address may be what the visitor sent: its host is in a header, whichever the site believes behind its
	 * proxy, and wp-config.php does not name the address.
	 */
	private static function comes_from_visitor( string $url ): bool {
		$host = (string) strtok( Addresses::normalise( $url ), '/:' );
		if ( '' === $host ) {
			return false;
		}
		// phpcs:ignore Telemed.Security.UnslashedInput.Unsanitised -- sanitised below, one by one.
		foreach ( wp_unslash( $_SERVER ) as $name => $sent ) {
			$is_sent = 'SERVER_NAME' === $name || str_starts_with( (string) $name, 'HTTP_' );
			if ( $is_sent && is_string( $sent ) && false !== stripos( sanitize_text_field( $sent ), $host ) ) {
				return ! self::is_written_down( $url );
			}
		}
		return false;
	}

	private static function is_written_down( string $url ): bool {
		foreach ( array( ABSPATH . 'wp-config.php', dirname( ABSPATH ) . '/wp-config.php' ) as $file ) {
			if ( is_readable( $file ) ) {
				$literal = "/define\\(\\s*(['\"])WP_HOME\\1\\s*,\\s*(['\"])" . preg_quote( $url, '/' ) . '\\2/';
				return 1 === preg_match( $literal, (string) file_get_contents( $file ) );
			}
		}
		return false;
	}
}
