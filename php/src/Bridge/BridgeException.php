<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Bridge;

/**
 * A failed call of the extension. The message never contains a secret.
 */
final class BridgeException extends \RuntimeException {

	public function __construct(
		public readonly Failure $failure,
		string $message,
		?\Throwable $previous = null
	) {
		parent::__construct( $message, 0, $previous );
	}
}
