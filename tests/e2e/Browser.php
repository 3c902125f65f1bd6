<?php
/**
 * A person's browser: cookies, a REST nonce, and several requests at once.
 */

declare(strict_types=1);

final class Browser {

	public string $nonce = '';

	private readonly string $jar;

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
