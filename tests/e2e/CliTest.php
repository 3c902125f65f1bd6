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
