<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;

/**
 * Counts within one step, and keeps one bad row from stopping the others.
 */
final class Tally {

	private int $changed = 0;

	private int $failed = 0;

	/**
	 * Distinct reasons of failures with their remedies.
	 *
	 * @var array<string, true>
	 */
	private array $reasons = array();

	/**
	 * Runs the work on one item and counts what came of it.
	 *
	 * @param \Closure(): int $work Answers how many changes it made.
	 */
	public function count( \Closure $work ): void {
		try {
			$this->changed += $work();
		} catch ( BridgeException $error ) {
			$this->fail( $error->getMessage(), $error->failure );
		} catch ( \Throwable $error ) {
			// The class only: the message of a foreign error may quote data.
			$this->fail( 'unexpected ' . $error::class, Failure::Internal );
		}
	}

	/**
	 * The step's result.
	 *
	 * @param string $key  Key of the step.
	 * @param string $done What a change is, for people.
	 */
	public function result( string $key, string $done ): StepResult {
		$texts = array();
		if ( $this->changed > 0 ) {
			$texts[] = $done;
		}
		if ( $this->failed > 0 ) {
			/* translators: 1: how many, 2: reasons with remedies. */
			$texts[] = sprintf( __( '%1$d stayed as they were: %2$s', 'kivicare-telemed' ), $this->failed, implode( ' ', array_keys( $this->reasons ) ) );
		}
		$detail = array() === $texts ? __( 'Nothing to do.', 'kivicare-telemed' ) : implode( ' ', $texts );
		return new StepResult( $key, $this->changed, $this->failed, $detail );
	}

	private function fail( string $message, Failure $failure ): void {
		++$this->failed;
		$this->reasons[ rtrim( $message, '.' ) . '. ' . $this->remedy( $failure ) ] = true;
	}

	private function remedy( Failure $failure ): string {
		return match ( $failure ) {
			Failure::Vault,
			Failure::Configuration => __( 'Put KIVICARE_TELEMED_KEY into wp-config.php, then run "wp kivicare-telemed upgrade".', 'kivicare-telemed' ),
			// The message names what to do.
			Failure::InvalidInput  => '',
			default                => __( 'Run "wp kivicare-telemed upgrade" again.', 'kivicare-telemed' ),
		};
	}
}
