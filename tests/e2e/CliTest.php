<?php

declare(strict_types=1);

/**
 * The commands in the real WP-CLI, where WP_CLI names it.
 */
final class CliTest extends SiteTestCase {

	protected function setUp(): void {
		if ( ! getenv( 'WP_CLI' ) ) {
			self::markTestSkipped( 'WP_CLI does not name WP-CLI' );
		}
		parent::setUp();
	}

	public function test_status_sweep_and_upgrade(): void {
		$status = json_decode( $this->wp( 'status', '--format=json' ), true );
		self::assertSame( 'met', array_column( $status, 'value', 'item' )['requirements'] );

		$id = self::id( $this->book() );
		$this->expect_meetings( $id, 1 );
		// KiviCare loses rows without a word, too.
		$this->site->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $id ) );
		self::assertContains( (string) $id, explode( ' ', trim( $this->wp( 'sweep', '--dry-run', '--format=ids' ) ) ) );
		self::assertSame( 1, $this->meetings_of( $id ) );
		$this->wp( 'sweep' );
		$this->expect_meetings( $id, 0 );

		self::assertSame( array( 0 ), array_values( array_unique( array_column( json_decode( $this->wp( 'upgrade', '--dry-run', '--format=json' ), true ), 'count' ) ) ) );
	}

	public function test_secrets_come_on_standard_input_and_mistakes_are_explained(): void {
		$this->wp_with( 'webhook-secret-of-the-cli', 'zoom', 'configure', '--auth-type=server-to-server', '--webhook-secret-stdin' );
		$stored = $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" )[0]['option_value'];
		self::assertStringNotContainsString( 'webhook-secret-of-the-cli', $stored );
		self::assertStringContainsString( 'auth_type must be', $this->wp_with( '', 'zoom', 'configure', '--auth-type=jwt', '!' ) );
		self::assertStringContainsString( 'no such user', $this->wp_with( '', 'doctors', 'share', '999999', '!' ) );
	}

	public function test_an_app_is_proven_and_doctors_are_offered(): void {
		$seed   = $this->site->provider_seed();
		$option = fn(): string => $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" )[0]['option_value'];
		$before = $option();
		self::assertStringContainsString( 'Nothing was saved', $this->wp_with( 'guessed', 'zoom', 'configure', '--auth-type=server-to-server', '--account-id=' . $seed['account_id'], '--client-id=' . $seed['client_id'], '--secret-stdin', '!' ) );
		self::assertSame( $before, $option() );

		$this->site->rows( 'DELETE FROM wp_kc_telemed_zoom_users' );
		$this->site->rows( "UPDATE wp_usermeta SET meta_value = 'off' WHERE meta_key = 'kiviCare_zoom_telemed_connect'" );
		$shared = $this->wp( 'doctors', 'share', '--all' );
		self::assertStringContainsString( "Doctor {$this->site->seed['doctor_id']} is offered as Zoom user doctor@example.test.", $shared );
		self::assertSame( '2', (string) $this->site->rows( "SELECT COUNT(*) AS n FROM wp_usermeta WHERE meta_key = 'kiviCare_zoom_telemed_connect' AND meta_value = 'on'" )[0]['n'] );
		$this->wp( 'doctors', 'map', (string) $this->site->seed['other_doctor_id'], '' );
		self::assertSame( array( 'sandboxDoctorAAAAAAAAA' ), array_column( $this->site->rows( 'SELECT zoom_user_id FROM wp_kc_telemed_zoom_users' ), 'zoom_user_id' ) );
		self::assertStringContainsString( 'Zoom does not know nobody@example.test', $this->wp_with( '', 'doctors', 'map', (string) $this->site->seed['doctor_id'], 'nobody@example.test', '!' ) );
		$this->side->serve_doctors();
	}

	public function test_meetings_and_operations_with_and_without_kivicare(): void {
		foreach ( array( '--skip-plugins=none', '--skip-plugins=kivicare-clinic-management-system' ) as $how ) {
			$id  = self::id( $this->book() );
			$get = json_decode( $this->wp( 'meetings', 'get', (string) $id, '--format=json', $how ), true )[0];
			self::assertSame( $this->meeting_of( $id )['id'], $get['meeting_id'] );
			self::assertContains( (string) $id, explode( ' ', trim( $this->wp( 'meetings', 'list', '--when=ahead', '--provider=zoom', '--per_page=200', '--format=ids', $how ) ) ) );

			// Moved behind our back, then mended.
			$was = $this->meeting_of( $id )['start'];
			self::assertSame( 204, $this->site->at_provider( 'PATCH', '/meetings/' . $get['meeting_id'], array( 'start_time' => '2033-01-01T00:00:00Z' ) ) );
			self::assertSame( "ready\n", $this->wp( 'meetings', 'repair', (string) $id, '--porcelain', $how ) );
			self::assertSame( $was, $this->meeting_of( $id )['start'] );
			self::assertSame( "{$id}: ready\n", $this->wp( 'meetings', 'cancel', (string) $id, '--yes', $how ) );
			$this->expect_meetings( $id, 0 );
			$this->assert_audited( $id, array( 'meeting_changed' => 'meetings repair; moved_back', 'meeting_cancelled' => 'meetings cancel' ) );

			// The visit takes place, so the provider that was down makes up for it.
			$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'POST', 'path_contains' => '/meetings' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
			self::assertStringContainsString( "{$id}: pending", $this->wp( 'meetings', 'repair', (string) $id, $how, '!' ) );
			$this->site->sandbox( 'DELETE', '/faults' );
			$waiting = trim( $this->wp( 'operations', 'list', "--appointment={$id}", '--state=unfinished', '--format=ids', $how ) );
			self::assertMatchesRegularExpression( '/^\d+$/', $waiting );
			self::assertSame( "ready\n", $this->wp( 'operations', 'retry', $waiting, '--porcelain', $how ) );
			$this->expect_meetings( $id, 1 );
			$this->assert_audited( $id, array( 'meeting_made' => 'operations retry' ) );
			self::assertStringContainsString( 'finished', $this->wp( 'operations', 'forget', $waiting, '--yes', $how, '!' ) );
		}
		self::assertStringContainsString( 'no operation', $this->wp( 'operations', 'retry', '99999999', '!' ) );
		self::assertStringContainsString( 'no meeting', $this->wp( 'meetings', 'get', '99999999', '!' ) );
	}

	public function test_what_waits_can_be_forgotten_and_is_recorded(): void {
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'POST', 'path_contains' => '/meetings' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		$id      = self::id( $this->book() );
		$waiting = trim( $this->wp( 'operations', 'list', "--appointment={$id}", '--state=unfinished', '--format=ids' ) );
		self::assertSame( "1\n", $this->wp( 'operations', 'forget', $waiting, '--yes', '--porcelain' ) );
		self::assertSame( array( 'failed', 'given_up' ), array( $this->operations( $id )[0]['state'], $this->operations( $id )[0]['reason'] ) );
		$last = $this->audit_of( 0 )[0];
		self::assertSame( array( 'cli', 'operations_given_up', "1 of {$waiting}" ), array( $last['source'], $last['action'], $last['detail'] ) );
		$this->site->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $id ) );
	}

	public function test_doctors_tests_marketplace_and_work(): void {
		$doctor = (string) $this->site->seed['doctor_id'];
		self::assertContains( $doctor, explode( ' ', trim( $this->wp( 'doctors', 'list', '--format=ids', '--skip-plugins=kivicare-clinic-management-system' ) ) ) );
		self::assertStringContainsString( 'A Zoom user is', $this->wp( 'doctors', 'map', $doctor, 'a b', '!' ) );
		$this->wp( 'doctors', 'map', $doctor, 'doctor2@example.test' );
		$this->wp( 'doctors', 'map', $doctor, 'doctor@example.test', '--skip-plugins=kivicare-clinic-management-system' );
		self::assertSame( array( 'cli', 'doctor_mapped', $doctor ), array_map( 'strval', array_values( array_intersect_key( $this->audit_of( 0 )[0], array_flip( array( 'source', 'action', 'doctor_id' ) ) ) ) ) );
		self::assertSame( "ok\n", $this->wp( 'zoom', 'test', "--doctor={$doctor}", '--porcelain' ) );
		$this->wp( 'doctors', 'map', $doctor, '' );
		self::assertStringContainsString( 'No Zoom user is approved', $this->wp( 'zoom', 'test', "--doctor={$doctor}", '!' ) );
		$this->side->serve_doctors();
		self::assertSame( "ok\n", $this->wp( 'meet', 'test', '--porcelain' ) );
		self::assertStringContainsString( '/kivicare-telemed/v1/webhooks/zoom', $this->wp( 'marketplace', '--format=csv' ) );
		self::assertMatchesRegularExpression( '/^\d+\n$/', $this->wp( 'work', '--seconds=20', '--porcelain' ) );
	}

	public function test_keys_and_audit(): void {
		$status = json_decode( $this->wp( 'keys', 'status', '--format=json' ), true )[0];
		self::assertSame( array( 'key', 0 ), array( $status['source'], (int) $status['other_key'] ) );
		self::assertMatchesRegularExpression( "/^define\( 'KIVICARE_TELEMED_KEY', '[A-Za-z0-9+\/]{43}=' \);\n$/", $this->wp( 'keys', 'generate' ) );
		self::assertSame( "0\n", $this->wp( 'keys', 'rotate', '--dry-run', '--porcelain' ) );
		self::assertSame( "0\n", $this->wp( 'keys', 'rotate', '--porcelain' ) );

		self::assertStringStartsWith( 'id,at,actor_id,source,action,', $this->wp( 'audit', 'export' ) );
		$entries = json_decode( $this->wp( 'audit', 'export', '--format=json', '--since=' . gmdate( 'Y-m-d', time() - 86400 ) ), true );
		self::assertNotEmpty( $entries );
		self::assertSame( array(), json_decode( $this->wp( 'audit', 'export', '--format=json', '--until=2001-01-01' ), true ) );
		self::assertStringNotContainsString( $this->site->provider_seed()['client_secret'], json_encode( $entries ) );
	}

	/**
	 * @return list<array<string, string>> Entries about the appointment, the newest first.
	 */
	private function audit_of( int $id ): array {
		return $this->site->rows( 'SELECT source, action, doctor_id, detail FROM wp_kc_telemed_audit WHERE appointment_id = ? ORDER BY id DESC', array( $id ) );
	}

	/**
	 * @param array<string, string> $expected Detail by action.
	 */
	private function assert_audited( int $id, array $expected ): void {
		$found = array_filter( $this->audit_of( $id ), static fn( array $entry ): bool => 'cli' === $entry['source'] );
		foreach ( $expected as $action => $detail ) {
			self::assertContains( $detail, array_column( array_filter( $found, static fn( array $entry ): bool => $action === $entry['action'] ), 'detail' ), $action );
		}
	}

	private function wp( string ...$arguments ): string {
		return $this->wp_with( '', ...$arguments );
	}

	/**
	 * Runs a command; a last argument "!" expects it to fail.
	 */
	private function wp_with( string $input, string ...$arguments ): string {
		$fails = '!' === end( $arguments );
		if ( $fails ) {
			array_pop( $arguments );
		}
		$command = array( PHP_BINARY, '-d', 'extension=' . dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so', (string) getenv( 'WP_CLI' ), '--allow-root', '--path=' . getenv( 'WORDPRESS_PATH' ), 'kivicare-telemed', ...$arguments );
		$process = proc_open( $command, array( array( 'pipe', 'r' ), array( 'pipe', 'w' ), array( 'pipe', 'w' ) ), $pipes );
		fwrite( $pipes[0], $input );
		fclose( $pipes[0] );
		$output = (string) stream_get_contents( $pipes[1] );
		$errors = (string) stream_get_contents( $pipes[2] );
		self::assertSame( $fails, 0 !== proc_close( $process ), $output . $errors );
		return $fails ? $output . $errors : $output;
	}
}
