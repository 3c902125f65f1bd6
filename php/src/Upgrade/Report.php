<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * What an upgrade did, step by step. Safe to show: no secret, no patient data.
 */
final class Report {

	/**
	 * Results in the order of the steps.
	 *
	 * @param list<StepResult> $results One per step.
	 */
	public function __construct( private readonly array $results ) {}

	/**
	 * Rows for a table.
	 *
	 * @return list<array{step: string, count: int, detail: string}>
	 */
	public function rows(): array {
		return array_map(
			static fn( StepResult $result ): array => array(
				'step'   => $result->step,
				'count'  => $result->count,
				'detail' => $result->detail,
			),
			$this->results
		);
	}

	/**
	 * Everything that was changed, or would be in a dry run. 0 when the site was in our form already.
	 */
	public function total(): int {
		return array_sum( array_map( static fn( StepResult $result ): int => $result->count, $this->results ) );
	}

	/**
	 * What could not be upgraded and is as it was. Only with 0 the upgrade is complete; otherwise run it again after
	 * following the details.
	 */
	public function failures(): int {
		return array_sum( array_map( static fn( StepResult $result ): int => $result->failures, $this->results ) );
	}
}
