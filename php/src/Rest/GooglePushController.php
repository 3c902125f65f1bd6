<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Calendar\CalendarSync;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;

/**
 * Google's push messages about calendars. They have no body and no signature: the channel's secret is the permission.
 */
final class GooglePushController implements Registerable {

	public function __construct(
		private readonly Bridge $bridge,
		private readonly CalendarSync $sync
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		register_rest_route(
			MeetingDoorController::NAMESPACE,
			'/webhooks/google',
			array(
				'methods'             => 'POST',
				'callback'            => array( $this, 'receive' ),
				'permission_callback' => array( $this, 'is_genuine' ),
			)
		);
	}

	/**
	 * Compares the secret. Google repeats a message only on 5xx, so a fault of ours is answered so.
	 */
	public function is_genuine( \WP_REST_Request $request ): bool|\WP_Error {
		try {
			return null !== $this->open( $request )
				? true
				: new \WP_Error( 'push_refused', __( 'This message does not belong to a channel of this site.', 'kivicare-telemed' ), array( 'status' => 401 ) );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( 'webhook', $error->getMessage(), 0 );
			return new \WP_Error( 'push_unavailable', __( 'Messages cannot be checked just now.', 'kivicare-telemed' ), array( 'status' => 503 ) );
		}
	}

	public function receive( \WP_REST_Request $request ): \WP_REST_Response {
		try {
			$doctor_id = (int) $this->open( $request );
		} catch ( BridgeException ) {
			return new \WP_REST_Response( array( 'status' => 'unavailable' ), 503 );
		}
		if ( $doctor_id > 0 ) {
			$this->sync->note( $doctor_id );
		}
		return new \WP_REST_Response( array( 'status' => 'accepted' ) );
	}

	/**
	 * The doctor whose calendar changed, 0 for none, null for a message that is not genuine.
	 *
	 * @throws BridgeException When the extension fails.
	 */
	private function open( \WP_REST_Request $request ): ?int {
		return $this->bridge->open_push(
			(string) $request->get_header( 'x_goog_channel_id' ),
			(string) $request->get_header( 'x_goog_channel_token' ),
			(string) $request->get_header( 'x_goog_resource_state' )
		);
	}
}
