<?php

declare(strict_types=1);

final class ZoomOutageTest extends OutageTestCase {

	protected function provider(): string {
		return 'zoom';
	}
}
