<?php

declare(strict_types=1);

final class MeetTokensTest extends TokensTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}
}
