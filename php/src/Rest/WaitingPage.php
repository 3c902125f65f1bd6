<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * A page for somebody whose meeting is not there yet. The browser opens the link again by itself, often at first and then
 * less often, until the link leads into the meeting; after two hours a person has to ask for it. It is an answer and no
 * error, so its status is 200: many hosts put pages of their own in the place of those with 5xx.
 */
final class WaitingPage {

	private const TRIES = 'try';

	/**
	 * Seconds between two tries, up to this many of them.
	 */
	private const PACE = array(
		12  => 5,
		30  => 15,
		150 => 60,
	);

	/**
	 * Says what is waited for.
	 *
	 * @param string $url Link that leads into the meeting as soon as it is there.
	 */
	public static function page( \WP_REST_Request $request, string $title, string $text, string $url ): Page {
		$tries   = max( 0, (int) $request->get_param( self::TRIES ) );
		$seconds = self::seconds( $tries );
		$more    = null === $seconds
			? __( 'This page has stopped checking. To check again, choose the link below.', 'kivicare-telemed' )
			: __( 'You can leave this page open: it takes you to the visit by itself as soon as it is ready.', 'kivicare-telemed' );
		$page    = Page::message( 200, $title, $text . ' ' . $more, array( __( 'Check again now', 'kivicare-telemed' ) => $url ) );
		return null === $seconds ? $page : $page->leads_on( add_query_arg( self::TRIES, $tries + 1, $url ), $seconds );
	}

	private static function seconds( int $tries ): ?int {
		foreach ( self::PACE as $until => $seconds ) {
			if ( $tries < $until ) {
				return $seconds;
			}
		}
		return null;
	}
}
