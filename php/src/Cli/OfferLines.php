<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Connect\Offer;

/**
 * Offers on the command line: one line each, a warning where there is something to do.
 */
final class OfferLines {

	/**
	 * Prints them.
	 *
	 * @param list<Offer> $offers Offers.
	 */
	public static function show( array $offers ): void {
		foreach ( $offers as $offer ) {
			$one = $offer->to_array();
			if ( Offer::OFFERED === $offer->state ) {
				\WP_CLI::line( "Doctor {$one['id']} is offered as Zoom user {$one['address']}." );
			} else {
				\WP_CLI::warning( "Doctor {$one['id']}: {$one['remedy']}" );
			}
		}
	}
}
