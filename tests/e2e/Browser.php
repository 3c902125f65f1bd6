<?php
/**
 * A person's browser: cookies, a REST nonce, and several requests at once.
 */

declare(strict_types=1);

final class Browser {

	public string $nonce = '';

	private readonly string $jar;

	/**
	 * Of begin(): curl's pair of handles.
	 *
	 * @var array{CurlMultiHandle, CurlHandle}
	 */
	private array $begun;

	public function __construct( private readonly string $base ) {
		$this->jar = (string) tempnam( sys_get_temp_dir(), 'jar' );
	}

	public function __destruct() {
		@unlink( $this->jar );
	}

	/**
	 * @param list<string> $headers Header lines.
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	public function send( string $method, string $path, ?string $body = null, array $headers = array() ): array {
		$handle = $this->handle( $method, $path, $body, $headers );
		$answer = $this->answer( $handle, (string) curl_exec( $handle ) );
		// curl writes its cookie jar when the handle ends.
		unset( $handle );
		return $answer;
	}

	/**
	 * Sends a request, does something else once it is on its way, and then waits for its answer.
	 *
	 * @param callable(): void $meanwhile What happens while the site works.
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	public function send_while( string $method, string $path, callable $meanwhile ): array {
		$handle = $this->handle( $method, $path, null, array(), false );
		$multi  = curl_multi_init();
		curl_multi_add_handle( $multi, $handle );
		do {
			curl_multi_exec( $multi, $running );
			curl_multi_select( $multi, 0.05 );
		} while ( $running && 0.0 === (float) curl_getinfo( $handle, CURLINFO_PRETRANSFER_TIME ) );
		curl_multi_exec( $multi, $running );
		$meanwhile();
		do {
			curl_multi_exec( $multi, $running );
			$running && curl_multi_select( $multi, 1.0 );
		} while ( $running );
		return $this->answer( $handle, (string) curl_multi_getcontent( $handle ) );
	}

	/**
	 * A REST call as the dashboard makes it.
	 *
	 * @param array<string, mixed>|null $body JSON body.
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	public function rest( string $method, string $route, ?array $body = null ): array {
		return $this->send( $method, '/wp-json/' . $route, null === $body ? null : (string) json_encode( $body ), $this->rest_headers() );
	}

	/**
	 * Sends many bodies to one route, at most $concurrency at a time.
	 *
	 * @param list<array<string, mixed>> $bodies JSON bodies.
	 * @return list<array{status: int, headers: string, body: string, json: mixed}>
	 */
	public function rest_parallel( string $route, array $bodies, int $concurrency ): array {
		return $this->rest_many( array_map( static fn( array $body ): array => array( 'POST', $route, $body ), $bodies ), $concurrency );
	}

	/**
	 * Sends many REST calls, at most $concurrency at a time.
	 *
	 * @param list<array{string, string, array<string, mixed>}> $calls Method, route, JSON body.
	 * @return list<array{status: int, headers: string, body: string, json: mixed}>
	 */
	public function rest_many( array $calls, int $concurrency ): array {
		$multi   = curl_multi_init();
		$answers = array();
		$next    = 0;
		$active  = array();
		while ( $next < count( $calls ) || $active ) {
			while ( $next < count( $calls ) && count( $active ) < $concurrency ) {
				list( $method, $route, $body ) = $calls[ $next ];
				$handle = $this->handle( $method, '/wp-json/' . $route, (string) json_encode( $body ), $this->rest_headers(), false );
				curl_multi_add_handle( $multi, $handle );
				$active[ spl_object_id( $handle ) ] = $next++;
			}
			curl_multi_exec( $multi, $running );
			curl_multi_select( $multi, 1.0 );
			$done = curl_multi_info_read( $multi );
			while ( false !== $done ) {
				$handle             = $done['handle'];
				$index              = $active[ spl_object_id( $handle ) ];
				$answers[ $index ]  = $this->answer( $handle, (string) curl_multi_getcontent( $handle ) );
				unset( $active[ spl_object_id( $handle ) ] );
				curl_multi_remove_handle( $multi, $handle );
				$done = curl_multi_info_read( $multi );
			}
		}
		ksort( $answers );
		return array_values( $answers );
	}

	/**
	 * Sends a REST call and does not wait for its answer; finish() does.
	 *
	 * @param array<string, mixed> $body JSON body.
	 */
	public function begin( string $method, string $route, array $body ): void {
		$this->begun = array( curl_multi_init(), $this->handle( $method, '/wp-json/' . $route, (string) json_encode( $body ), $this->rest_headers(), false ) );
		curl_multi_add_handle( ...$this->begun );
		for ( $i = 0; $i < 20; $i++ ) {
			curl_multi_exec( $this->begun[0], $running );
			curl_multi_select( $this->begun[0], 0.01 );
		}
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	public function finish(): array {
		list( $multi, $handle ) = $this->begun;
		do {
			curl_multi_exec( $multi, $running );
			curl_multi_select( $multi, 0.1 );
		} while ( $running > 0 );
		return $this->answer( $handle, (string) curl_multi_getcontent( $handle ) );
	}

	/**
	 * Sends bodies to one route, one every so many milliseconds, whether the ones before are answered or not.
	 *
	 * @param list<array<string, mixed>> $bodies JSON bodies.
	 * @return list<array{status: int, headers: string, body: string, json: mixed}>
	 */
	public function rest_spread( string $route, array $bodies, int $milliseconds ): array {
		$multi   = curl_multi_init();
		$handles = array();
		$begun   = microtime( true );
		do {
			if ( count( $handles ) < count( $bodies ) && microtime( true ) >= $begun + count( $handles ) * $milliseconds / 1000 ) {
				$handles[] = $this->handle( 'POST', '/wp-json/' . $route, (string) json_encode( $bodies[ count( $handles ) ] ), $this->rest_headers(), false );
				curl_multi_add_handle( $multi, end( $handles ) );
			}
			curl_multi_exec( $multi, $running );
			curl_multi_select( $multi, 0.02 );
		} while ( $running > 0 || count( $handles ) < count( $bodies ) );
		return array_map( fn( CurlHandle $handle ): array => $this->answer( $handle, (string) curl_multi_getcontent( $handle ) ), $handles );
	}

	/**
	 * Sends all calls at once while other visitors ask for a page again and again, as many at a time.
	 *
	 * @param list<array<string, mixed>> $bodies Bodies.
	 * @return array{calls: list<array{status: int, headers: string, body: string, json: mixed}>, pages: list<array{status: int, headers: string, body: string, json: mixed}>}
	 */
	public function rest_beside( string $route, array $bodies, self $visitor, string $page ): array {
		$multi   = curl_multi_init();
		$answers = array( 'calls' => array(), 'pages' => array() );
		$waiting = array();
		$add     = static function ( CurlHandle $handle, string $kind ) use ( $multi, &$waiting ): void {
			curl_multi_add_handle( $multi, $handle );
			$waiting[ spl_object_id( $handle ) ] = $kind;
		};
		foreach ( $bodies as $body ) {
			$add( $this->handle( 'POST', '/wp-json/' . $route, (string) json_encode( $body ), $this->rest_headers(), false ), 'calls' );
			$add( $visitor->handle( 'GET', $page, null, array(), false ), 'pages' );
		}
		while ( array() !== $waiting ) {
			curl_multi_exec( $multi, $running );
			curl_multi_select( $multi, 0.1 );
			for ( $done = curl_multi_info_read( $multi ); false !== $done; $done = curl_multi_info_read( $multi ) ) {
				$handle = $done['handle'];
				$kind   = $waiting[ spl_object_id( $handle ) ];
				unset( $waiting[ spl_object_id( $handle ) ] );
				$answers[ $kind ][] = $this->answer( $handle, (string) curl_multi_getcontent( $handle ) );
				curl_multi_remove_handle( $multi, $handle );
				if ( 'pages' === $kind && in_array( 'calls', $waiting, true ) ) {
					$add( $visitor->handle( 'GET', $page, null, array(), false ), 'pages' );
				}
			}
		}
		return $answers;
	}

	/**
	 * @return list<string>
	 */
	private function rest_headers(): array {
		return array( 'Content-Type: application/json', 'X-WP-Nonce: ' . $this->nonce );
	}

	/**
	 * @param list<string> $headers Header lines.
	 */
	private function handle( string $method, string $path, ?string $body, array $headers, bool $writes_jar = true ): CurlHandle {
		$handle = curl_init( $this->base . $path );
		curl_setopt_array(
			$handle,
			array(
				CURLOPT_CUSTOMREQUEST  => $method,
				CURLOPT_RETURNTRANSFER => true,
				CURLOPT_HEADER         => true,
				CURLOPT_HTTPHEADER     => $headers,
				CURLOPT_COOKIEFILE     => $this->jar,
				CURLOPT_TIMEOUT        => 300,
				CURLOPT_NOPROXY        => '*',
			)
		);
		if ( $writes_jar ) {
			curl_setopt( $handle, CURLOPT_COOKIEJAR, $this->jar );
		}
		if ( null !== $body ) {
			curl_setopt( $handle, CURLOPT_POSTFIELDS, $body );
		}
		return $handle;
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	private function answer( CurlHandle $handle, string $raw ): array {
		$size   = curl_getinfo( $handle, CURLINFO_HEADER_SIZE );
		$answer = array(
			'status'  => curl_getinfo( $handle, CURLINFO_RESPONSE_CODE ),
			'headers' => substr( $raw, 0, $size ),
			'body'    => substr( $raw, $size ),
		);
		$answer['json'] = json_decode( $answer['body'], true );
		return $answer;
	}
}
