<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * What the routes of the administrator's screen share: namespace, registration, answers that no cache keeps.
 */
abstract class AdminController implements Registerable {

	public const ROUTES = 'kivicare-telemed/v1';

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
	}

	abstract public function routes(): void;

	/**
	 * Registers a route below admin/.
	 *
	 * @param string               $path     Path.
	 * @param string               $methods  HTTP methods.
	 * @param string               $callback Method of this object.
	 * @param array<string, mixed> $args     Arguments.
	 * @param string               $gate     Method of Gate.
	 */
	protected function route( string $path, string $methods, string $callback, array $args = array(), string $gate = 'administrator' ): void {
		register_rest_route(
			self::ROUTES,
			'/admin/' . $path,
			array(
				'methods'             => $methods,
				'callback'            => array( $this, $callback ),
				'permission_callback' => array( Gate::class, $gate ),
				'args'                => $args,
			)
		);
	}

	/**
	 * An answer.
	 *
	 * @param array<string, mixed> $data Payload.
	 */
	protected function answer( array $data ): \WP_REST_Response {
		$response = new \WP_REST_Response( $data );
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}

	protected function failure( string $code, string $message, int $status = 400 ): \WP_Error {
		return new \WP_Error( $code, $message, array( 'status' => $status ) );
	}

	/**
	 * Arguments of a paged list.
	 *
	 * @return array<string, array<string, mixed>>
	 */
	protected function paging(): array {
		return array(
			'page'     => array( 'type' => 'integer', 'minimum' => 1, 'default' => 1 ),
			'per_page' => array( 'type' => 'integer', 'minimum' => 1, 'maximum' => 100, 'default' => 20 ),
		);
	}

	/**
	 * An argument that is one of some words.
	 *
	 * @param list<string> $words   Words.
	 * @param string|null  $default Default; null makes it required.
	 * @return array<string, mixed>
	 */
	protected function choice( array $words, ?string $default = null ): array {
		return array( 'type' => 'string', 'enum' => $words ) + ( null === $default ? array( 'required' => true ) : array( 'default' => $default ) );
	}
}
