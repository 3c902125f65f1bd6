<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * KiviCare's response form. The dashboard cannot read 4xx bodies of its encrypted routes, so what it shall show comes
 * with 200 and status false where the page looks at that.
 */
final class Envelope {

	/**
	 * A success.
	 *
	 * @param array<string, mixed> $data    Payload; never with the keys nonce, module or key, which the dashboard takes.
	 * @param string               $message Shown text.
	 */
	public static function done( array $data = array(), string $message = '' ): \WP_REST_Response {
		return self::answer( true, $message, $data, 200 );
	}

	/**
	 * A failure.
	 *
	 * @param string               $message Shown text with the remedy.
	 * @param int                  $code    HTTP status.
	 * @param array<string, mixed> $data    Payload.
	 */
	public static function failed( string $message, int $code = 200, array $data = array() ): \WP_REST_Response {
		return self::answer( false, $message, $data, $code );
	}

	private static function answer( bool $status, string $message, array $data, int $code ): \WP_REST_Response {
		$response = new \WP_REST_Response(
			array(
				'status'  => $status,
				'message' => $message,
				'data'    => $data,
			),
			$code
		);
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}
}
