<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SealedOption;

/**
 * A provider's settings on the administrator's screen. Secrets go in; a mask comes out.
 */
abstract class AdminSettingsController extends AdminController {

	/**
	 * Whose settings.
	 */
	abstract protected function provider(): Provider;

	/**
	 * Fields that the form may send => constant without our prefix that wins over them, or ''.
	 *
	 * @return array<string, string>
	 */
	abstract protected function fields(): array;

	/**
	 * Effective settings, secrets masked.
	 *
	 * @return array<string, string>
	 */
	abstract protected function masked(): array;

	/**
	 * Addresses and scopes to copy into the provider's app.
	 *
	 * @return array<string, mixed>
	 */
	abstract protected function app(): array;

	/**
	 * Writes changes; throws \InvalidArgumentException or BridgeException with text for people.
	 *
	 * @param array<string, string> $changes Fields, secrets in plain.
	 */
	abstract protected function write( #[\SensitiveParameter] array $changes ): void;

	/**
	 * Tries credentials.
	 *
	 * @param array<string, string> $typed Fields of the form.
	 * @return array{success: bool, reason: string, message: string}
	 */
	abstract protected function probe( #[\SensitiveParameter] array $typed ): array;

	public function routes(): void {
		$path = 'settings/' . $this->provider()->value;
		$args = array_fill_keys( array_keys( $this->fields() ), array( 'type' => 'string' ) );
		$this->route( $path, 'GET', 'show' );
		$this->route( $path, 'PUT', 'save', $args );
		$this->route( $path . '/test', 'POST', 'test', $args );
	}

	public function show(): \WP_REST_Response {
		$locked = array_filter( $this->fields(), static fn( string $constant ): bool => '' !== $constant && null !== ( new Constants() )->text( $constant ) );
		return $this->answer(
			array(
				'settings' => array_intersect_key( $this->masked(), $this->fields() ),
				// wp-config.php decides these; the form shows them and does not change them.
				'locked'   => array_keys( $locked ),
				'mask'     => SealedOption::MASK,
				'app'      => $this->app(),
			)
		);
	}

	public function save( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		try {
			$this->write( $this->sent( $request ) );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return $this->failure( 'kivicare_telemed_settings', $error->getMessage() );
		}
		$shown = $this->show();
		$shown->set_data( array_merge( (array) $shown->get_data(), $this->outcome() ) );
		return $shown;
	}

	/**
	 * What saving has led to, besides.
	 *
	 * @return array<string, mixed>
	 */
	protected function outcome(): array {
		return array();
	}

	/**
	 * A refusal is an answer, not an error of ours: 200.
	 */
	public function test( \WP_REST_Request $request ): \WP_REST_Response {
		try {
			return $this->answer( $this->probe( $this->sent( $request ) ) );
		} catch ( BridgeException $error ) {
			return $this->answer( $this->verdict( false, $error->failure->value, $error->getMessage() ) );
		}
	}

	/**
	 * The verdict on credentials.
	 *
	 * @return array{success: bool, reason: string, message: string}
	 */
	protected function verdict( bool $success, string $reason, string $message ): array {
		return compact( 'success', 'reason', 'message' );
	}

	/**
	 * What was typed, else what is stored; a mask counts as not typed.
	 *
	 * @param array<string, string> $typed  Of the form.
	 * @param array<string, string> $stored Secrets sealed.
	 * @param list<string>          $fields Wanted.
	 * @return array<string, string>
	 */
	protected function credentials( #[\SensitiveParameter] array $typed, array $stored, array $fields ): array {
		$typed = array_filter( $typed, static fn( string $value ): bool => '' !== $value && SealedOption::MASK !== $value );
		return array_intersect_key( $typed + $stored, array_flip( $fields ) );
	}

	/**
	 * Fields that were sent.
	 *
	 * @return array<string, string>
	 */
	private function sent( \WP_REST_Request $request ): array {
		$sent = array();
		foreach ( array_keys( $this->fields() ) as $field ) {
			$value = $request->get_param( $field );
			if ( is_string( $value ) ) {
				$sent[ $field ] = trim( sanitize_text_field( $value ) );
			}
		}
		return $sent;
	}
}
