<?php

declare(strict_types=1);

/**
 * Runs last: nothing the sandbox ever issued can be found where others could read it.
 */
final class SecretsTest extends SiteTestCase {

	public function test_no_secret_is_in_the_database_the_logs_phpinfo_or_any_response(): void {
		$this->book();
		$secrets = array();
		foreach ( $this->site->sandbox( 'GET', '/secrets' ) as $class => $values ) {
			if ( in_array( $class, array( 'client_secret', 'access_token', 'refresh_token', 'authorization_code', 'zak' ), true ) ) {
				$secrets = array_merge( $secrets, $values );
			}
		}
		self::assertGreaterThan( 3, count( $secrets ) );
		$found = array();
		foreach ( $this->places() as $place => $text ) {
			self::assertNotSame( '', $text, "$place is empty: nothing was searched" );
			foreach ( $secrets as $secret ) {
				if ( str_contains( $text, $secret ) ) {
					$found[] = $place;
				}
			}
		}
		printf( "\nRESULT secrets_searched %d secrets\nRESULT secrets_found %d secrets\n", count( $secrets ), count( $found ) );
		self::assertSame( array(), $found, 'where secrets are' );
	}

	public function test_every_request_of_the_whole_run_was_as_the_provider_describes_it(): void {
		self::assertSame( array(), $this->site->sandbox( 'GET', '/state?log=0' )['violations'] );
	}

	/**
	 * @return array<string, string>
	 */
	private function places(): array {
		$dump = sprintf(
			'mariadb-dump --no-defaults --socket=%s -u %s -p%s %s',
			escapeshellarg( (string) getenv( 'TELEMED_DB_SOCKET' ) ),
			escapeshellarg( (string) getenv( 'TELEMED_TEST_DB_USER' ) ),
			escapeshellarg( (string) getenv( 'TELEMED_TEST_DB_PASSWORD' ) ),
			escapeshellarg( (string) getenv( 'TELEMED_TEST_DB_NAME' ) )
		);
		$so   = dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so';
		$info = implode( ' ', array_map( 'escapeshellarg', array( PHP_BINARY, '-d', 'extension=' . $so, '-r', 'require getenv("WORDPRESS_PATH") . "/wp-load.php"; phpinfo();' ) ) );
		$logs = '';
		foreach ( glob( dirname( $this->site->run ) . '/*.log' ) ?: array() as $log ) {
			// The sandbox prints its own seed.
			$logs .= str_ends_with( $log, '/sandbox.log' ) ? '' : file_get_contents( $log );
		}
		return array(
			'the database'  => (string) shell_exec( $dump ),
			'phpinfo'       => (string) shell_exec( $info ),
			'the logs'      => $logs . ' ',
			'the responses' => (string) file_get_contents( $this->site->run . '/responses.log' ),
			'the mails'     => (string) file_get_contents( $this->site->run . '/mail.jsonl' ),
		);
	}
}
