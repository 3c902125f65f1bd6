<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomOffers;

/**
 * Offers doctors through the clinic's Zoom account, all of them or those who are chosen.
 */
final class AdminOffersController extends AdminController {

	public function __construct(
		private readonly ZoomOffers $offers,
		private readonly Settings $settings
	) {}

	public function routes(): void {
		$args = array(
			'doctors' => array( 'type' => 'array', 'items' => array( 'type' => 'integer', 'minimum' => 1 ), 'maxItems' => 500, 'default' => array() ),
			'all'     => array( 'type' => 'boolean', 'default' => false ),
		);
		$this->route( 'doctors/offer', 'POST', 'offer', $args );
	}

	public function offer( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		if ( ! $this->settings->is_clinic_wide() ) {
			return $this->failure( 'kivicare_telemed_not_shared', __( 'Doctors are offered through the clinic\'s account only while the clinic uses one server-to-server app. Choose it under Set-up first.', 'kivicare-telemed' ), 409 );
		}
		try {
			$offers = $request['all'] ? $this->offers->offer_all() : $this->offers->offer_chosen( array_values( array_map( 'intval', (array) $request['doctors'] ) ) );
		} catch ( BridgeException $error ) {
			return $this->failure( 'kivicare_telemed_offer', $error->getMessage() );
		}
		return $this->answer( self::report( $offers ) );
	}

	/**
	 * What came of it.
	 *
	 * @param list<Offer> $offers Offers.
	 * @return array{message: string, offers: list<array<string, int|string>>}
	 */
	public static function report( array $offers ): array {
		return array( 'message' => Offer::summary( $offers ), 'offers' => array_map( static fn( Offer $offer ): array => $offer->to_array(), $offers ) );
	}
}
