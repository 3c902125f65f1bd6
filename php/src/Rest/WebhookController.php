<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\Webhooks\EventDesk;
use KiviCare\Telemed\Webhooks\EventLog;

/**
 * Zoom's event subscription. The signature is the permission; nobody is logged in here.
 */
final class WebhookController implements Registerable {

	public function __construct(
		private readonly Bridge $bridge,
		private readonly EventLog $log,
		private readonly EventDesk $desk
	) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	public function routes(): void {
		register_rest_route(
			MeetingDoorController::NAMESPACE,
			'/webhooks/zoom',
			array(
				'methods'             => 'POST',
				'callback'            => array( $this, 'receive' ),
				'permission_callback' => array( $this, 'is_signed' ),
			)
		);
	}

	/**
	 * Checks the signature over the raw body. Zoom repeats an event only on 5xx, so a fault of ours is answered so.
	 */
	public function is_signed( \WP_REST_Request $request ): bool|\WP_Error {
		try {
			$this->open( $request );
			return true;
		} catch ( BridgeException $error ) {
			$signed = '' !== (string) $request->get_header( 'x_zm_signature' );
			if ( Failure::InvalidInput === $error->failure || ! $signed ) {
				// Without a signature it is nobody's attempt: Site Health looks so whether the address answers.
				$signed && do_action( Gate::REFUSED_ACTION );
				return new \WP_Error( 'webhook_refused', __( 'The webhook is not signed for this site, or too old.', 'kivicare-telemed' ), array( 'status' => 401 ) );
			}
			// Strangers need not know what is missing; administrators see it in the log action.
			MeetingDesk::report( 'webhook', $error->getMessage(), 0 );
			return new \WP_Error( 'webhook_unavailable', __( 'Webhooks cannot be checked just now.', 'kivicare-telemed' ), array( 'status' => 503 ) );
		}
	}

	public function receive( \WP_REST_Request $request ): \WP_REST_Response {
		try {
			$event = $this->open( $request );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( 'webhook', $error->getMessage(), 0 );
			return new \WP_REST_Response( array( 'status' => 'unavailable' ), 503 );
		}
		if ( null !== $event['plain_token'] ) {
			return new \WP_REST_Response(
				array(
					'plainToken'     => $event['plain_token'],
					'encryptedToken' => $event['encrypted_token'],
				)
			);
		}
		if ( ! $this->log->note( (string) $event['key'] ) ) {
			return new \WP_REST_Response( array( 'status' => 'duplicate' ) );
		}
		$this->desk->take( $event, $request->get_body() );
		return new \WP_REST_Response( array( 'status' => 'accepted' ) );
	}

	/**
	 * The event, its signature checked.
	 *
	 * @return array<string, mixed>
	 * @throws BridgeException When it is refused, or the extension fails.
	 */
	private function open( \WP_REST_Request $request ): array {
		return $this->bridge->open_webhook(
			(string) $request->get_header( 'x_zm_request_timestamp' ),
			(string) $request->get_header( 'x_zm_signature' ),
			$request->get_body()
		);
	}
}
