<?php

declare(strict_types=1);

final class ZoomKillTest extends KillTestCase {

	protected function provider(): string {
		return 'zoom';
	}
}
