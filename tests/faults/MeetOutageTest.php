<?php

declare(strict_types=1);

final class MeetOutageTest extends OutageTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}
}
