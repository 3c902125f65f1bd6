<?php

declare(strict_types=1);

/**
 * The proxy of a clinic: a process that knows the sandbox by the name zoom.sandbox.test, and nobody else.
 */
final class ClinicProxy {

	public readonly int $port;

	private readonly string $log;

	/**
	 * The proxy's process.
	 *
	 * @var resource|null
	 */
	private $process = null;

	/**
	 * Chooses a port, so that settings can name a proxy that does not run yet.
	 *
	 * @param string $login user:password.
	 */
	public function __construct( private readonly string $run, private readonly string $login ) {
		$this->log = $run . '/connect-proxy.jsonl';
		@unlink( $this->log );
		$listener   = stream_socket_server( 'tcp://127.0.0.1:0' );
		$this->port = (int) substr( (string) strrchr( (string) stream_socket_get_name( $listener, false ), ':' ), 1 );
		fclose( $listener );
	}

	public function start(): void {
		$sandbox = json_decode( (string) file_get_contents( $this->run . '/sandbox.json' ), true );
		$tls     = (string) parse_url( $sandbox['tls_url'], PHP_URL_PORT );
		$null    = array( 'file', '/dev/null', 'a' );
		$command = array( dirname( __DIR__, 2 ) . '/target/debug/connect-proxy', '--listen', "127.0.0.1:{$this->port}", '--login', $this->login, '--host', "zoom.sandbox.test=127.0.0.1:$tls", '--log', $this->log );

		$this->process = proc_open( $command, array( $null, $null, $null ), $pipes ) ?: null;
		for ( $i = 0; $i < 600; $i++ ) {
			if ( is_resource( @fsockopen( '127.0.0.1', $this->port ) ) ) {
				return;
			}
			usleep( 50_000 );
		}
		throw new RuntimeException( 'The proxy does not listen.' );
	}

	public function stop(): void {
		if ( null !== $this->process ) {
			proc_terminate( $this->process );
			proc_close( $this->process );
			$this->process = null;
		}
	}

	/**
	 * What was asked of it so far.
	 *
	 * @return list<array{string, int}> Host with port, status.
	 */
	public function passages(): array {
		$lines = is_file( $this->log ) ? (array) file( $this->log, FILE_IGNORE_NEW_LINES ) : array();
		return array_map(
			static function ( $line ): array {
				$passage = json_decode( (string) $line, true );
				return array( $passage['host'], $passage['status'] );
			},
			$lines
		);
	}
}
