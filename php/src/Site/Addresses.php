<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

/**
 * Addresses of a site in the form in which they are compared: host, port where it is unusual, and path. Scheme, "www.",
 * case and the last slash do not tell one site from another, and a name counts the same in Unicode and in punycode.
 */
final class Addresses {

	private const USUAL_PORTS = array( 80, 443 );

	/**
	 * The comparable form; empty for what names no host, such as an address that was made from a missing Host header, and
	 * for what browsers read in another way than PHP does.
	 */
	public static function normalise( string $url ): string {
		$url = trim( $url );
		if ( 1 === preg_match( '/[\\\\@<>"\'\\x00-\\x20\\x7f]/', $url ) ) {
			return '';
		}
		$parts = wp_parse_url( str_contains( $url, '//' ) ? $url : '//' . $url );
		$host  = is_array( $parts ) ? self::host( (string) ( $parts['host'] ?? '' ) ) : '';
		if ( '' === $host ) {
			return '';
		}
		$port = (int) ( $parts['port'] ?? 0 );
		$path = strtolower( trim( rawurldecode( (string) ( $parts['path'] ?? '' ) ), '/' ) );
		return $host . ( 0 === $port || in_array( $port, self::USUAL_PORTS, true ) ? '' : ':' . $port ) . ( '' === $path ? '' : '/' . $path );
	}

	/**
	 * Comparable forms of several, each once.
	 *
	 * @param list<string> $urls Addresses.
	 * @return list<string>
	 */
	public static function normalise_all( array $urls ): array {
		return array_values( array_unique( array_filter( array_map( array( self::class, 'normalise' ), $urls ) ) ) );
	}

	private static function host( string $host ): string {
		$host = rtrim( strtolower( $host ), '.' );
		if ( 1 === preg_match( '/[^\x00-\x7f]/', $host ) ) {
			$host = self::punycode( $host );
		}
		return str_starts_with( $host, 'www.' ) ? substr( $host, 4 ) : $host;
	}

	/**
	 * With PHP's intl where it is loaded, else with what WordPress brings along.
	 */
	private static function punycode( string $host ): string {
		if ( function_exists( 'idn_to_ascii' ) ) {
			// As browsers do, and WordPress' own encoder: older ones took "ß" for "ss", which can be somebody else's name.
			$ascii = idn_to_ascii( $host, IDNA_NONTRANSITIONAL_TO_ASCII, INTL_IDNA_VARIANT_UTS46 );
			return false === $ascii ? $host : strtolower( $ascii );
		}
		$host = function_exists( 'mb_strtolower' ) ? mb_strtolower( $host, 'UTF-8' ) : $host;
		foreach ( array( 'WpOrg\\Requests\\IdnaEncoder', 'Requests_IDNAEncoder' ) as $encoder ) {
			if ( class_exists( $encoder ) ) {
				try {
					return strtolower( (string) call_user_func( array( $encoder, 'encode' ), $host ) );
				} catch ( \Throwable ) {
					return $host;
				}
			}
		}
		return $host;
	}
}
