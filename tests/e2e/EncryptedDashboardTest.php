<?php

declare(strict_types=1);

/**
 * KiviCare's dashboard encrypts bodies (contract §7). Only the real KiviCare does; the contract plugin has no keys.
 */
final class EncryptedDashboardTest extends SiteTestCase {

	private const SETTINGS = 'kivicare/v1/settings/zoom-telemed';

	private string $server_key;

	private string $client_key;

	protected function setUp(): void {
		parent::setUp();
		$server = $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kc_server_private_key'" );
		if ( array() === $server ) {
			self::markTestSkipped( 'this KiviCare does not encrypt' );
		}
		$this->server_key = (string) base64_decode( $server[0]['option_value'], true );
		$this->client_key = sodium_crypto_box_secretkey( sodium_crypto_box_keypair() );
		$public           = base64_encode( sodium_crypto_box_publickey_from_secretkey( $this->client_key ) );
		$this->site->php( "foreach ( array( 1, {$this->site->seed['doctor_id']} ) as \$id ) { update_user_meta( \$id, 'client_public_key', '$public' ); }" );
	}

	protected function tearDown(): void {
		$this->site->php( "delete_metadata( 'user', 0, 'client_public_key', '', true );" );
		$this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/connect.php', true ) . ';' );
		parent::tearDown();
	}

	public function test_the_pages_work_with_encrypted_bodies_and_answers(): void {
		$admin = $this->site->login( 'admin' );
		$shown = $this->opened( $admin->rest( 'GET', self::SETTINGS ) );
		self::assertSame( array( true, 'server-to-server' ), array( $shown['status'], $shown['data']['auth_type'] ) );

		$saved = $this->opened( $this->put( $admin, self::SETTINGS, array( 'auth_type' => 'server-to-server', 'client_id' => 'sandbox-client', 'client_secret' => $shown['data']['client_secret'], 'server_to_server_enabled' => 'No' ) ) );
		self::assertTrue( $saved['status'], json_encode( $saved ) );
		$refused = $this->opened( $this->put( $admin, self::SETTINGS, array( 'auth_type' => 'jwt' ) ) );
		self::assertFalse( $refused['status'] );
		self::assertNotSame( '', $refused['message'] );

		$seed   = $this->site->provider_seed();
		$doctor = $this->site->login( 'doctor' );
		$form   = array( 'auth_type' => 'server-to-server', 'account_id' => $seed['account_id'], 'client_id' => $seed['client_id'], 'client_secret' => $seed['client_secret'], 'enable_server_to_server' => true );
		self::assertTrue( $this->opened( $this->put( $doctor, self::SETTINGS . '/test-connection', $form ) )['data']['success'] );
		self::assertTrue( $this->opened( $this->put( $doctor, self::SETTINGS . '/doctor-config', $form ) )['status'] );
		$config = $this->opened( $doctor->rest( 'GET', self::SETTINGS . '/doctor-config' ) )['data'];
		self::assertSame( array( $seed['client_id'], true ), array( $config['client_id'], $config['is_connected'] ) );
		self::assertNotSame( $seed['client_secret'], $config['client_secret'] );
	}

	public function test_the_callback_stays_a_readable_page(): void {
		$answer = $this->site->login( 'doctor' )->send( 'GET', '/wp-json/' . self::SETTINGS . '/callback' );
		self::assertSame( 400, $answer['status'] );
		self::assertStringContainsString( 'Marketplace', $answer['body'] );
	}

	/**
	 * @param array<string, mixed> $body Plain body.
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	private function put( Browser $browser, string $route, array $body ): array {
		$nonce = random_bytes( SODIUM_CRYPTO_BOX_NONCEBYTES );
		$pair  = sodium_crypto_box_keypair_from_secretkey_and_publickey( $this->client_key, sodium_crypto_box_publickey_from_secretkey( $this->server_key ) );
		$text  = base64_encode( $nonce . sodium_crypto_box( (string) json_encode( $body ), $nonce, $pair ) );
		return $browser->send( 'PUT', '/wp-json/' . $route, (string) json_encode( $text, JSON_UNESCAPED_SLASHES ), array( 'Content-Type: application/json', 'X-WP-Nonce: ' . $browser->nonce, 'X-KC-Client-ID: test' ) );
	}

	/**
	 * @param array{status: int, headers: string, body: string, json: mixed} $answer Response.
	 * @return array<string, mixed>
	 */
	private function opened( array $answer ): array {
		self::assertSame( 200, $answer['status'], $answer['body'] );
		self::assertSame( 'true', self::header( $answer, 'x-kivicare-encrypted' ) );
		$bytes = (string) base64_decode( (string) $answer['json'], true );
		$pair  = sodium_crypto_box_keypair_from_secretkey_and_publickey( $this->client_key, sodium_crypto_box_publickey_from_secretkey( $this->server_key ) );
		$plain = sodium_crypto_box_open( substr( $bytes, SODIUM_CRYPTO_BOX_NONCEBYTES ), substr( $bytes, 0, SODIUM_CRYPTO_BOX_NONCEBYTES ), $pair );
		return (array) json_decode( (string) $plain, true );
	}
}
