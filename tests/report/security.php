<?php

declare(strict_types=1);

/**
 * Writes the security testing report from the results of a full test run: security.php RESULTS-DIR > report.md
 *
 * Every test that docs/security.md names as a proof must have run and passed; otherwise the exit status is 1. One that was
 * skipped for what this machine lacks (WP_CLI) is named as skipped. Layers write PHPUnit's JUnit files and cargo's output into
 * the directory.
 */

final class SecurityReport {

	/**
	 * Test => whether every case of it passed.
	 *
	 * @var array<string, bool>
	 */
	private array $tests = array();

	/**
	 * @var array<string, true>
	 */
	private array $skipped = array();

	/**
	 * @var list<string>
	 */
	private array $missing = array();

	public function __construct( private readonly string $root, private readonly string $results ) {
		foreach ( (array) glob( "$results/*.junit.xml" ) as $file ) {
			foreach ( simplexml_load_file( (string) $file )->xpath( '//testcase' ) as $case ) {
				$name = explode( ' ', (string) $case['name'] )[0];
				if ( isset( $case->skipped ) ) {
					$this->skipped[ $name ] = true;
					continue;
				}
				$this->note( $name, ! isset( $case->failure ) && ! isset( $case->error ) && ! isset( $case->warning ) );
			}
		}
		preg_match_all( '/^test (?:\S+::)?(\w+) \.\.\. (ok|FAILED)/m', (string) @file_get_contents( "$results/unit.log" ), $found, PREG_SET_ORDER );
		foreach ( $found as list( , $name, $outcome ) ) {
			$this->note( $name, 'ok' === $outcome );
		}
	}

	private function note( string $name, bool $passed ): void {
		$this->tests[ $name ] = ( $this->tests[ $name ] ?? true ) && $passed;
	}

	/**
	 * Rows of the threat table with the outcome of each proof.
	 *
	 * @return list<string>
	 */
	private function threats(): array {
		$rows = array();
		preg_match_all( '/^\| ([^|]+) \| ([^|]+) \| ([^|]*`[^|]*) \|$/m', (string) file_get_contents( "$this->root/docs/security.md" ), $found, PREG_SET_ORDER );
		foreach ( $found as list( , $threat, $answer, $proofs ) ) {
			preg_match_all( '/::(test_\w+|[a-z_]{12,})/', $proofs, $names );
			$outcomes = array();
			foreach ( $names[1] as $name ) {
				$outcomes[] = "`$name`: " . $this->outcome( $name );
			}
			$rows[] = "| $threat | $answer | " . implode( '<br>', $outcomes ) . ' |';
		}
		return $rows;
	}

	/**
	 * What came out of a proof; whatever is neither passed nor skipped is missing.
	 */
	private function outcome( string $name ): string {
		if ( ! isset( $this->tests[ $name ] ) && isset( $this->skipped[ $name ] ) ) {
			return 'skipped here';
		}
		if ( true === ( $this->tests[ $name ] ?? null ) ) {
			return 'passed';
		}
		$this->missing[] = $name;
		return isset( $this->tests[ $name ] ) ? '**failed**' : '**not run**';
	}

	/**
	 * @return list<string> Lines "name value unit" of everything that was measured.
	 */
	private function measured(): array {
		$lines = array();
		foreach ( (array) glob( "$this->results/*.log" ) as $log ) {
			preg_match_all( '/^RESULT (\S+) (\S+) (.+)$/m', (string) file_get_contents( (string) $log ), $found, PREG_SET_ORDER );
			foreach ( $found as list( , $name, $value, $unit ) ) {
				$lines[ $name ] = "| $name | $value $unit |";
			}
		}
		ksort( $lines );
		return array_values( $lines );
	}

	private function version( string $command ): string {
		return trim( (string) shell_exec( "$command 2>/dev/null" ) );
	}

	public function write(): int {
		preg_match( '/^version = "([^"]+)"/m', (string) file_get_contents( "$this->root/Cargo.toml" ), $version );
		$counts  = array_map( static fn( string $file ): string => '| ' . str_replace( ': ', ' | ', trim( (string) file_get_contents( $file ) ) ) . ' |', (array) glob( "$this->results/*.count" ) );
		$checks  = array();
		foreach ( array( 'format_and_lints', 'analysis', 'browser' ) as $layer ) {
			preg_match_all( '/^(?:check: (.*) (ok|failed)|(not )?ok \d+ - (.*))$/m', (string) @file_get_contents( "$this->results/$layer.log" ), $found, PREG_SET_ORDER );
			foreach ( $found as $line ) {
				$checks[] = '| ' . $layer . ' | ' . ( '' !== $line[1] ? "$line[1] | $line[2]" : ( $line[4] ?? '' ) . ' | ' . ( '' === $line[3] ? 'ok' : 'failed' ) ) . ' |';
			}
		}
		$threats = $this->threats();
		$crates  = array_filter( explode( "\n", $this->version( 'cargo tree --manifest-path ' . escapeshellarg( "$this->root/Cargo.toml" ) . ' --features php -e normal --prefix none --format "{p} {l}" | sort -u' ) ), static fn( string $line ): bool => '' !== $line && ! str_contains( $line, '(*)' ) && ! str_starts_with( $line, 'kivicare_telemed' ) );
		$crates  = array_map( static fn( string $line ): string => '* ' . preg_replace( '#\s*\(?(?:/|proc-macro)[^)]*\)#', '', $line ), $crates );
		$parts   = array(
			'# Security testing report, KiviCare Telemed ' . ( $version[1] ?? '' ),
			'Made from a run of `make test` at ' . gmdate( 'Y-m-d H:i' ) . ' UTC, revision ' . $this->version( 'git -C ' . escapeshellarg( $this->root ) . ' rev-parse HEAD' ) . ', PHP ' . PHP_VERSION . ', ' . $this->version( 'rustc --version' ) . ', ' . $this->version( 'mariadbd --version' ) . '. Zoom and Google are played by a sandbox server over HTTP and TLS.',
			"## Tests by layer\n\n| layer | outcome |\n|---|---|\n" . implode( "\n", $counts ),
			"## Threats and what proves that they are met\n\n| threat | how it is met | proof |\n|---|---|---|\n" . implode( "\n", $threats ),
			"## Static analysis, accessibility\n\n| layer | check | outcome |\n|---|---|---|\n" . implode( "\n", $checks ),
			"## Measured\n\n| what | value |\n|---|---|\n" . implode( "\n", $this->measured() ),
			"## Crates in the extension, with licences\n\n" . implode( "\n", $crates ),
			"## Not part of this run\n\nAdvisories of dependencies (`cargo deny check advisories` needs the network), a scan of the site's TLS, a penetration test by people who did not write it.",
		);
		echo implode( "\n\n", $parts ), "\n";
		$proofs = substr_count( implode( '', $threats ), ': passed' );
		if ( array() !== $this->missing || 0 === $proofs ) {
			fwrite( STDERR, 'named as proofs, but not passed: ' . implode( ', ', $this->missing ) . "\n" );
			return 1;
		}
		fwrite( STDERR, "$proofs proofs passed\n" );
		return 0;
	}
}

exit( ( new SecurityReport( dirname( __DIR__, 2 ), $argv[1] ) )->write() );
