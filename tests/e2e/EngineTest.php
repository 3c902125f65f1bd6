<?php

declare(strict_types=1);

final class EngineTest extends EngineTestCase {

	protected function provider(): string {
		return 'zoom';
	}

	protected function end_connection(): void {
		$this->site->sandbox( 'POST', '/revoke', array( 'user' => 'doctor@example.test' ) );
	}
}
