<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Fakes;

/**
 * Gives WordPress its hooks back after a test.
 */
trait KeepsHooks {

	/** @var array<string, \WP_Hook> */
	private array $kept_hooks = array();

	protected function keep_hooks(): void {
		$this->kept_hooks = array_map( static fn( \WP_Hook $hook ): \WP_Hook => clone $hook, $GLOBALS['wp_filter'] );
	}

	protected function restore_hooks(): void {
		$GLOBALS['wp_filter'] = $this->kept_hooks;
	}
}
