<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * Login cookies may be "SameSite=Strict": then a browser that comes from another site (a provider's consent page, a
 * mail) does not send them, and somebody who is logged in looks like nobody. From a page of our own it does. So the
 * address is opened once more from here, once and no more.
 */
final class OwnNavigation {

	private const MARK = 'reloaded';

	/**
	 * A page that opens the address again; null when that has happened already, or would change nothing.
	 *
	 * @param string $url Complete address of this request.
	 */
	public static function once( \WP_REST_Request $request, string $url ): ?Page {
		if ( null !== $request->get_param( self::MARK ) || in_array( self::origin(), array( 'same-origin', 'same-site', 'none' ), true ) ) {
			return null;
		}
		$again = add_query_arg( self::MARK, '1', $url );
		$page  = Page::message(
			200,
			__( 'One moment', 'kivicare-telemed' ),
			__( 'You are being taken to the next page. If nothing happens, choose the link below.', 'kivicare-telemed' ),
			array( __( 'Continue', 'kivicare-telemed' ) => $again )
		);
		return $page->leads_on( $again, 0 );
	}

	/**
	 * The same for links that most people follow from here: only where the browser says that it comes from another site.
	 */
	public static function once_from_elsewhere( \WP_REST_Request $request, string $url ): ?Page {
		return 'cross-site' === self::origin() ? self::once( $request, $url ) : null;
	}

	/**
	 * Where the browser says that it comes from; empty for older browsers, and over plain http.
	 */
	private static function origin(): string {
		return sanitize_key( wp_unslash( (string) ( $_SERVER['HTTP_SEC_FETCH_SITE'] ?? '' ) ) );
	}
}
