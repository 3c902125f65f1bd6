<?php

declare(strict_types=1);

final class TokensTest extends TokensTestCase {

	protected function provider(): string {
		return 'zoom';
	}
}
