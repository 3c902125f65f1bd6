<?php

declare(strict_types=1);

/**
 * Every flow, at Google.
 */
final class MeetFlowsTest extends FlowsTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}
}
