<?php

declare(strict_types=1);

/**
 * Every flow, at Zoom.
 */
final class FlowsTest extends FlowsTestCase {

	protected function provider(): string {
		return 'zoom';
	}
}
