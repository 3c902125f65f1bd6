<?php

declare(strict_types=1);

final class MeetKillTest extends KillTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}
}
