<?php

declare(strict_types=1);

/**
 * A clinic whose doctors connect their own accounts.
 */
abstract class ConsentTestCase extends SiteTestCase {

	protected Browser $doctor;

	protected int $doctor_id;

	protected function setUp(): void {
		parent::setUp();
		$this->side->open_consent();
		$this->doctor    = $this->site->login( 'doctor' );
		$this->doctor_id = (int) $this->site->seed['doctor_id'];
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->doctors()->drop_own_app( {$this->doctor_id} );" );
		$this->disconnect();
	}

	protected function tearDown(): void {
		// The settings that follow are proven at the provider.
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->site->sandbox( 'POST', '/google/settings', array( 'no_refresh_token' => false, 'api_enabled' => true ) );
		$this->disconnect();
		$this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/connect.php', true ) . ';' );
		parent::tearDown();
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	protected function disconnect(): array {
		return $this->doctor->rest( 'GET', "kivicare/v1/settings/{$this->side->route}/disconnect" );
	}

	protected function callback_path(): string {
		return "/wp-json/kivicare/v1/settings/{$this->side->route}/callback";
	}

	/**
	 * The address that the dashboard sends the doctor to.
	 */
	protected function authorize_url( ?Browser $browser = null ): string {
		$answer = ( $browser ?? $this->doctor )->rest( 'GET', "kivicare/v1/settings/{$this->side->route}/authorize" );
		$this->keep( $answer );
		self::assertTrue( $answer['json']['status'], $answer['body'] );
		return $answer['json']['data']['redirect_url'];
	}

	/**
	 * What the doctor's browser is sent back to after the provider's page.
	 */
	protected function consent( string $url, string $answer = 'approve=1&user=doctor@example.test' ): string {
		$curl = curl_init( $url . '&' . $answer );
		curl_setopt_array( $curl, array( CURLOPT_RETURNTRANSFER => true, CURLOPT_HEADER => true, CURLOPT_CAINFO => $this->site->run . '/sandbox-ca.pem', CURLOPT_NOPROXY => '*' ) );
		$reply = array( 'headers' => (string) curl_exec( $curl ) );
		self::assertSame( 302, curl_getinfo( $curl, CURLINFO_RESPONSE_CODE ), $reply['headers'] );
		$back = self::header( $reply, 'location' );
		self::assertStringStartsWith( $this->site->url . $this->callback_path(), $back );
		return substr( $back, strlen( $this->site->url ) );
	}

	protected function connect(): void {
		$answer = $this->doctor->send( 'GET', $this->consent( $this->authorize_url() ) );
		self::assertSame( 302, $answer['status'], $answer['body'] );
	}

	protected function meta( string $key, ?int $user_id = null ): ?string {
		return $this->site->rows( 'SELECT meta_value FROM wp_usermeta WHERE user_id = ? AND meta_key = ?', array( $user_id ?? $this->doctor_id, $key ) )[0]['meta_value'] ?? null;
	}

	/**
	 * A page that says what to do, and nothing was stored.
	 *
	 * @param array{status: int, headers: string, body: string} $answer Response.
	 */
	protected function assert_refused( array $answer, int $status, string $says ): void {
		$this->keep( $answer );
		self::assertSame( $status, $answer['status'], $answer['body'] );
		self::assertStringContainsString( 'text/html', self::header( $answer, 'content-type' ) );
		self::assertStringContainsString( $says, html_entity_decode( $answer['body'], ENT_QUOTES ) );
		self::assertStringContainsString( 'no-store', self::header( $answer, 'cache-control' ) );
		self::assertNull( $this->meta( $this->side->tokens ) );
		self::assertNotSame( 'on', $this->meta( $this->side->connect ) );
	}
}
