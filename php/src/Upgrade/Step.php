<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * One part of the upgrade from KiviCare's original add-ons.
 *
 * Takes what is there, never what a step before it wrote: a dry run counts the same as a real one.
 */
interface Step {

	/**
	 * Stable name in reports, e.g. "doctor_tokens".
	 */
	public function key(): string;

	/**
	 * Upgrades what is not in our form yet. A row that fails keeps its old value and does not stop the others.
	 */
	public function run( Mode $mode ): StepResult;
}
