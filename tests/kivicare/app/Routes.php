<?php

declare(strict_types=1);

namespace App\controllers;

/**
 * What all routes share: namespace, envelope, roles.
 */
abstract class Routes {

	protected static function route( string $path, string $method, callable $callback, callable $may ): void {
		register_rest_route( 'kivicare/v1', $path, array( 'methods' => $method, 'callback' => $callback, 'permission_callback' => $may ) );
	}

	/**
	 * @param array<string, mixed>|null $data Payload of the envelope.
	 */
	protected static function answer( bool $status, string $message, ?array $data, int $code ): \WP_REST_Response {
		return new \WP_REST_Response( array( 'status' => $status, 'message' => $message, 'data' => $data ), $code );
	}

	protected static function has_role( string $role ): bool {
		return in_array( 'kiviCare_' . $role, wp_get_current_user()->roles, true );
	}
}
