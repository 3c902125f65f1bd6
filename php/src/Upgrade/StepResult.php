<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * What one step did, or would do.
 */
final class StepResult {

	/**
	 * Facts of one step.
	 *
	 * @param string $step     Stable key of the step.
	 * @param int    $count    Rows and options changed; in a dry run those that would be.
	 * @param int    $failures Rows and options that kept their old value although it is not ours.
	 * @param string $detail   Text for people: no secret, no patient data.
	 */
	public function __construct(
		public readonly string $step,
		public readonly int $count,
		public readonly int $failures,
		public readonly string $detail
	) {}
}
