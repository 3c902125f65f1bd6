<?php

declare(strict_types=1);

final class MeetEngineTest extends EngineTestCase {

	protected function provider(): string {
		return 'googlemeet';
	}

	protected function end_connection(): void {
		$this->site->sandbox( 'POST', '/google/revoke', array( 'user' => 'doctor@example.test' ) );
	}
}
