<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * A page for people who follow a link into the REST API: one heading, one paragraph that says what to do, and links.
 * It works without a script, and none may run in it.
 */
final class Page extends \WP_REST_Response {

	private const STYLE = 'body{font:16px/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 1em}:focus-visible{outline:3px solid currentColor;outline-offset:3px}';

	private string $title = '';

	private string $html = '';

	/**
	 * Says something.
	 *
	 * @param int                   $status HTTP status.
	 * @param string                $title  Heading.
	 * @param string                $text   What to do.
	 * @param array<string, string> $links  Text => URL.
	 */
	public static function message( int $status, string $title, string $text, array $links = array() ): self {
		$page        = self::bare( $status );
		$page->title = $title;
		$page->html  = '<h1>' . esc_html( $title ) . '</h1><p>' . esc_html( $text ) . '</p>';
		foreach ( $links as $label => $url ) {
			$page->html .= '<p><a href="' . esc_url( $url ) . '">' . esc_html( $label ) . '</a></p>';
		}
		return $page;
	}

	/**
	 * Adds a button that posts to a route as the visitor.
	 */
	public function with_button( string $label, string $url ): self {
		$this->html .= '<form method="post" action="' . esc_url( $url ) . '">'
			. '<input type="hidden" name="_wpnonce" value="' . esc_attr( wp_create_nonce( 'wp_rest' ) ) . '">'
			. '<button type="submit">' . esc_html( $label ) . '</button></form>';
		return $this;
	}

	/**
	 * Lets the browser open an address after some seconds. A header: it also works where markup is filtered.
	 */
	public function leads_on( string $url, int $seconds ): self {
		$this->header( 'Refresh', $seconds . '; url=' . esc_url_raw( $url ) );
		return $this;
	}

	/**
	 * Sends the browser elsewhere.
	 */
	public static function redirect( string $url ): self {
		return self::moved( 302, $url );
	}

	/**
	 * Sends the browser from a form to a page of ours. What that page answers must not be a redirect to another site: the
	 * form's own policy ("form-action 'self'") holds for the whole chain.
	 */
	public static function after_form( string $url ): self {
		return self::moved( 303, $url );
	}

	private static function moved( int $status, string $url ): self {
		$page = self::bare( $status );
		$page->header( 'Location', $url );
		return $page;
	}

	/**
	 * An answer without text, for a Location header that the extension has set.
	 */
	public static function bare( int $status ): self {
		$page = new self( null, $status );
		// Links to meetings must not go on to other sites as referrer; serve() keeps them out of caches.
		$page->header( 'Referrer-Policy', 'no-referrer' );
		$page->header( 'X-Content-Type-Options', 'nosniff' );
		$page->header( 'X-Frame-Options', 'DENY' );
		$page->header( 'X-Robots-Tag', 'noindex, nofollow' );
		$page->header( 'Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'" );
		return $page;
	}

	/**
	 * Filter rest_pre_serve_request: prints a page instead of JSON.
	 *
	 * @param mixed $served Whether somebody printed already.
	 * @param mixed $result The response.
	 * @return mixed
	 */
	public static function serve( $served, $result ) {
		if ( $served || ! $result instanceof self ) {
			return $served;
		}
		header( 'Content-Type: text/html; charset=UTF-8' );
		header( 'Cache-Control: no-store, private' );
		// WordPress' own come after this, and in older versions without no-store.
		add_filter( 'rest_send_nocache_headers', '__return_false' );
		if ( '' !== $result->html ) {
			$title = implode( ' – ', array_filter( array( $result->title, get_bloginfo( 'name' ) ) ) );
			echo '<!doctype html><html ' . get_language_attributes() . '><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
				. '<meta name="robots" content="noindex, nofollow"><title>' . esc_html( $title ) . '</title><style>' . self::STYLE . '</style></head><body><main>'
				. $result->html // phpcs:ignore Telemed.Security.EscapedOutput -- Every part was escaped where it was put in.
				. '</main></body></html>';
		}
		return true;
	}
}
