<?php
/**
 * The running throw-away site as its users, its database and the sandbox provider see it.
 */

declare(strict_types=1);

final class Site {

	/** @var array<string, mixed> */
	public readonly array $seed;

	/** @var array<string, mixed> */
	private readonly array $sandbox;

	private ?PDO $database = null;

	/**
	 * @param string $copy     Folder with a copy's settings, empty for the site itself; see SiteCopy.
	 * @param string $schema Its database.
	 */
	public function __construct( public readonly string $url, public readonly string $run, private readonly string $copy = '', private readonly string $schema = '' ) {
		$this->seed    = self::json( $run . '/seed.json' );
		$this->sandbox = self::json( $run . '/sandbox.json' );
	}

	public static function from_environment(): self {
		return new self( (string) getenv( 'SITE_URL' ), (string) getenv( 'KCT_RUN' ) );
	}

	/**
	 * Logs in with the form, as people do, and fetches a REST nonce.
	 */
	public function login( string $user ): Browser {
		$browser = new Browser( $this->url );
		$browser->send( 'GET', '/wp-login.php' );
		$browser->send(
			'POST',
			'/wp-login.php',
			http_build_query(
				array(
					'log'        => $user,
					'pwd'        => $this->seed['password'],
					'wp-submit'  => 'Log In',
					'testcookie' => '1',
				)
			),
			array( 'Content-Type: application/x-www-form-urlencoded' )
		);
		$browser->nonce = trim( $browser->send( 'GET', '/wp-admin/admin-ajax.php?action=rest-nonce' )['body'] );
		return $browser;
	}

	/**
	 * The body of a booking, half-hour slots counted from the first of March 2031, in the booker's zone.
	 *
	 * @return array<string, mixed>
	 */
	public function booking( int $slot, string $timezone = 'Asia/Kolkata' ): array {
		$start = new DateTimeImmutable( '2031-03-01 09:00:00' );
		$start = $start->modify( '+' . intdiv( $slot, 16 ) . ' days' )->modify( '+' . ( $slot % 16 ) * 30 . ' minutes' );
		return array(
			'appointmentStartDate' => $start->format( 'Y-m-d' ),
			'appointmentStartTime' => $start->format( 'H:i' ),
			'clinicId'             => $this->seed['clinic_id'],
			'doctorId'             => $this->seed['doctor_id'],
			'patientId'            => $this->seed['patient_id'],
			'serviceId'            => array( $this->seed['mapping_id'] ),
			'status'               => 1,
			'description'          => '',
			'timezone'             => $timezone,
		);
	}

	/**
	 * Runs PHP within the site, as WP-CLI or its cron would, and returns what it printed.
	 *
	 * @param list<string> $wrapper A command around it.
	 */
	public function php( string $code, array $wrapper = array() ): string {
		$copy = '' === $this->copy ? array() : array( 'env', 'KCT_COPY=' . $this->copy );
		exec( implode( ' ', array_map( 'escapeshellarg', array( ...$copy, ...$wrapper, ...self::within( $code ) ) ) ) . ' 2>&1', $output, $status );
		if ( 0 !== $status ) {
			throw new RuntimeException( implode( "\n", $output ) );
		}
		return implode( "\n", $output );
	}

	/**
	 * The same in many processes at once.
	 *
	 * @return list<string> What each printed.
	 */
	public function php_many( string $code, int $processes ): array {
		$running = array();
		for ( $i = 0; $i < $processes; $i++ ) {
			$running[] = array( proc_open( self::within( $code ), array( 1 => array( 'pipe', 'w' ), 2 => array( 'file', '/dev/null', 'w' ) ), $pipes ), $pipes[1] );
		}
		return array_map(
			static function ( array $process ): string {
				$printed = (string) stream_get_contents( $process[1] );
				proc_close( $process[0] );
				return $printed;
			},
			$running
		);
	}

	/**
	 * The command that runs code within the site.
	 *
	 * @return list<string>
	 */
	private static function within( string $code ): array {
		$so = getenv( 'TELEMED_EXTENSION_FILE' ) ?: dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so';
		return array(
			PHP_BINARY,
			'-d',
			'extension=' . $so,
			'-r',
			'$_SERVER += array( "HTTP_HOST" => "127.0.0.1", "REQUEST_METHOD" => "GET", "REQUEST_URI" => "/", "SERVER_PROTOCOL" => "HTTP/1.1" );'
				. 'require getenv("WORDPRESS_PATH") . "/wp-load.php";' . $code,
		);
	}

	/**
	 * Lets wp-config.php and php.ini say something else, for all processes from now on; nothing for what they said at first.
	 *
	 * @param array<string, mixed>  $constants Constants.
	 * @param array<string, string> $ini       Settings of php.ini.
	 */
	public function otherwise( array $constants = array(), array $ini = array() ): void {
		$file = $this->run . '/otherwise.json';
		if ( array() === $constants && array() === $ini ) {
			@unlink( $file );
			return;
		}
		// Renamed, so that nobody reads half of it.
		file_put_contents( "$file.partial", (string) json_encode( array( 'constants' => $constants, 'ini' => $ini ) ) );
		rename( "$file.partial", $file );
	}

	/**
	 * Starts php-fpm anew, with these flags.
	 */
	public function restart_fpm( string $flags = '' ): void {
		$pid = (int) @file_get_contents( $this->run . '/fpm.pid' );
		$pid > 0 && posix_kill( $pid, SIGTERM );
		$until = microtime( true ) + 60;
		while ( $pid > 0 && posix_kill( $pid, 0 ) && microtime( true ) < $until ) {
			usleep( 50_000 );
		}
		@unlink( $this->run . '/fpm.pid' );
		exec( 'TELEMED_FPM_FLAGS=' . escapeshellarg( $flags ) . ' bash ' . escapeshellarg( dirname( __DIR__ ) . '/site/up.sh' ) . ' 2>&1 < /dev/null', $output, $status );
		if ( 0 !== $status ) {
			throw new RuntimeException( implode( "\n", $output ) );
		}
	}

	/**
	 * Runs the sweep once, as Action Scheduler or WP-Cron would.
	 */
	public function sweep(): void {
		$this->php( 'do_action( "kivicare_telemed_sweep" );' );
	}

	/**
	 * Runs Action Scheduler until its queue is empty, as the site's cron would.
	 */
	public function run_queue(): void {
		$this->php( 'do_action( "kct_test_run_queue" ); if ( class_exists( "ActionScheduler_QueueRunner" ) ) { for ( $i = 0; $i < 1000 && ActionScheduler_QueueRunner::instance()->run( "test" ); $i++ ); }' );
	}

	/**
	 * How many requests php-fpm is at, those included whose answer is out already, and messages of providers on their way.
	 */
	public function underway(): int {
		$messages = $this->sandbox( 'GET', '/state?log=0' )['google']['underway'];
		$workers  = $this->workers();
		return $messages + $workers['active processes'] + $workers['listen queue'];
	}

	/**
	 * Php-fpm's own status, which it tells without a worker.
	 *
	 * @return array<string, mixed>
	 */
	public function workers(): array {
		$until = microtime( true ) + 120;
		do {
			$status = (array) ( new Browser( $this->url ) )->send( 'GET', '/kct-workers?json' )['json'];
		} while ( ! isset( $status['active processes'] ) && microtime( true ) < $until );
		return $status;
	}

	/**
	 * @return list<array{to: string, subject: string, message: string}>
	 */
	public function mails(): array {
		$lines = is_file( $this->run . '/mail.jsonl' ) ? file( $this->run . '/mail.jsonl', FILE_IGNORE_NEW_LINES ) : array();
		return array_map( static fn( string $line ): array => json_decode( $line, true ), $lines );
	}

	/**
	 * Ends the test's own database session: PHPUnit keeps every test until the last one is done.
	 */
	public function close(): void {
		$this->database = null;
	}

	/**
	 * @param list<mixed> $values Bound values.
	 * @return list<array<string, mixed>>
	 */
	public function rows( string $sql, array $values = array() ): array {
		$this->database ??= new PDO(
			'mysql:unix_socket=' . getenv( 'TELEMED_DB_SOCKET' ) . ';dbname=' . ( '' === $this->schema ? getenv( 'TELEMED_TEST_DB_NAME' ) : $this->schema ) . ';charset=utf8mb4',
			(string) getenv( 'TELEMED_TEST_DB_USER' ),
			(string) getenv( 'TELEMED_TEST_DB_PASSWORD' )
		);
		$statement = $this->database->prepare( $sql );
		$statement->execute( $values );
		return $statement->fetchAll( PDO::FETCH_ASSOC );
	}

	/**
	 * Saves Zoom settings as the administrator's page does.
	 *
	 * @param array<string, mixed> $settings Body.
	 */
	public function save_zoom( array $settings ): void {
		$answer = $this->login( 'admin' )->rest( 'PUT', 'kivicare/v1/settings/zoom-telemed', $settings );
		if ( true !== ( $answer['json']['status'] ?? null ) ) {
			throw new RuntimeException( $answer['body'] );
		}
	}

	/**
	 * The sandbox's seed: client_id, client_secret, account_id and user.
	 *
	 * @return array<string, mixed>
	 */
	public function provider_seed(): array {
		return $this->sandbox['seed'];
	}

	/**
	 * Calls the provider as the clinic's own app, past our plugin: what people do in Zoom's web portal.
	 *
	 * @param array<string, mixed>|null $body JSON body.
	 */
	public function at_provider( string $method, string $path, ?array $body = null ): int {
		$provider = new Browser( $this->sandbox['http_url'] );
		$seed     = $this->provider_seed();
		$basic    = 'Authorization: Basic ' . base64_encode( $seed['client_id'] . ':' . $seed['client_secret'] );
		$token    = $provider->send( 'POST', '/oauth/token', 'grant_type=account_credentials&account_id=' . $seed['account_id'], array( $basic, 'Content-Type: application/x-www-form-urlencoded' ) )['json']['access_token'];
		return $provider->send( $method, '/v2' . $path, null === $body ? null : (string) json_encode( $body ), array( 'Authorization: Bearer ' . $token, 'Content-Type: application/json' ) )['status'];
	}

	/**
	 * The sandbox's admin port.
	 *
	 * @param array<string, mixed>|null $body JSON body.
	 * @return array<string, mixed>
	 */
	public function sandbox( string $method, string $path, ?array $body = null ): array {
		$browser = new Browser( $this->sandbox['admin_url'] );
		$answer  = $browser->send( $method, $path, null === $body ? null : (string) json_encode( $body ), array( 'Content-Type: application/json' ) );
		if ( $answer['status'] >= 300 ) {
			throw new RuntimeException( $path . ': ' . $answer['body'] );
		}
		return (array) json_decode( $answer['body'], true );
	}

	/**
	 * Meetings that exist at the provider now.
	 *
	 * @return list<array<string, mixed>>
	 */
	public function live_meetings(): array {
		return array_values( array_filter( $this->sandbox( 'GET', '/state?log=0' )['meetings'], static fn( array $m ): bool => empty( $m['deleted'] ) ) );
	}

	/**
	 * @return array<string, mixed>
	 */
	private static function json( string $file ): array {
		return (array) json_decode( (string) file_get_contents( $file ), true, 16, JSON_THROW_ON_ERROR );
	}
}
