<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;

/**
 * Tells the extension's verdict on a connection; ends with 1 when it is bad.
 */
final class Verdict {

	/**
	 * Runs the probe.
	 *
	 * @param \Closure(): array<string, mixed> $probe Gives state (done, refused), reason and message.
	 */
	public static function show( \Closure $probe, string $good, bool $porcelain ): void {
		try {
			$answer = $probe();
		} catch ( BridgeException $error ) {
			$answer = array( 'state' => 'refused', 'reason' => $error->failure->value, 'message' => $error->getMessage() );
		}
		$works = 'done' === $answer['state'];
		if ( $porcelain ) {
			\WP_CLI::line( $works ? 'ok' : (string) $answer['reason'] );
			$works || \WP_CLI::halt( 1 );
			return;
		}
		$works ? \WP_CLI::success( $good ) : \WP_CLI::error( "{$answer['message']} ({$answer['reason']})" );
	}
}
