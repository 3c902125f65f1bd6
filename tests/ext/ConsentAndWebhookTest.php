<?php

declare(strict_types=1);

use KiviCare\Telemed\Native\Consent;
use KiviCare\Telemed\Native\Exception\ConfigurationException;
use KiviCare\Telemed\Native\Exception\InvalidInputException;
use KiviCare\Telemed\Native\Telemed;
use KiviCare\Telemed\Native\Vault;
use KiviCare\Telemed\Native\Webhook;

/**
 * Consents and webhooks need secrets, and hand none out.
 */
final class ConsentAndWebhookTest extends ExtensionTestCase {

	private const PARTY = array( 'user_id' => 7, 'session' => 'made-up-session', 'redirect_uri' => 'https://clinic.example.test/callback' );

	private const APP = array( 'zoom' => array( 'client_id' => 'made-up-client', 'client_secret' => 'made-up-client-secret', 'webhook_secret' => 'made-up-webhook-secret' ) );

	public function test_a_consent_address_carries_state_and_challenge_and_no_secret(): void {
		$consent = ( new Consent( self::config( self::APP ) ) )->begin( self::PARTY );
		parse_str( (string) parse_url( $consent['url'], PHP_URL_QUERY ), $query );
		self::assertSame( 'S256', $query['code_challenge_method'] );
		self::assertSame( hash( 'sha256', $query['state'] ), $consent['key'] );
		self::assertStringStartsWith( 'kct1.', $consent['sealed'] );
		self::assertStringNotContainsString( 'made-up-client-secret', serialize( $consent ) );
		self::assertStringNotContainsString( 'made-up-session', serialize( $consent ) );
	}

	public function test_without_a_client_a_consent_is_a_configuration_error(): void {
		$this->expectException( ConfigurationException::class );
		$this->expectExceptionMessage( 'client id' );
		( new Consent( self::config() ) )->begin( self::PARTY );
	}

	public function test_a_foreign_state_is_an_answer_not_an_exception(): void {
		$consent = new Consent( self::config( self::APP ) );
		$begun   = $consent->begin( self::PARTY );
		foreach ( array( array( 'forged', self::PARTY ), array( 'forged', array( 'user_id' => 8 ) + self::PARTY ) ) as list( $state, $party ) ) {
			$answer = $consent->complete( $begun['sealed'], $state, 'made-up-code', $party );
			self::assertSame( array( 'refused', 'state' ), array( $answer['state'], $answer['reason'] ) );
			self::assertArrayNotHasKey( 'sealed', $answer );
		}
	}

	public function test_a_webhook_is_read_when_its_signature_fits(): void {
		$webhook = new Webhook( self::config( self::APP ) );
		$body    = '{"event":"meeting.started","event_ts":5,"payload":{"object":{"id":"85012345678","uuid":"u==","start_time":"2031-01-01T00:00:00Z"}}}';
		$time    = (string) time();
		$event   = $webhook->open( $time, self::sign( $time, $body ), $body );
		self::assertSame( array( 'meeting.started', '85012345678', '2031-01-01T00:00:00Z', null ), array( $event['event'], $event['meeting_id'], $event['time'], $event['person'] ) );
		self::assertSame( 64, strlen( $event['key'] ) );
		foreach ( array( array( $time, self::sign( $time, $body ), $body . ' ' ), array( $time, 'v0=00', $body ), array( '1', self::sign( '1', $body ), $body ) ) as $try ) {
			try {
				$webhook->open( ...$try );
				self::fail( 'accepted' );
			} catch ( InvalidInputException $refused ) {
				self::assertStringNotContainsString( 'made-up-webhook-secret', (string) $refused );
			}
		}
	}

	public function test_a_sealed_webhook_secret_works_and_a_missing_one_is_named(): void {
		$vault  = new Vault( self::config() );
		$sealed = $vault->seal( 'made-up-webhook-secret', 'option:kiviCare_zoom_telemed_setting', 'webhook_secret' );
		$body   = '{"event":"endpoint.url_validation","payload":{"plainToken":"plain"}}';
		$time   = (string) time();
		$event  = ( new Webhook( self::config( array( 'zoom' => array( 'webhook_secret' => $sealed ) ) ) ) )->open( $time, self::sign( $time, $body ), $body );
		self::assertSame( array( 'plain', hash_hmac( 'sha256', 'plain', 'made-up-webhook-secret' ) ), array( $event['plain_token'], $event['encrypted_token'] ) );

		$this->expectException( ConfigurationException::class );
		$this->expectExceptionMessage( 'secret token' );
		( new Webhook( self::config() ) )->open( $time, self::sign( $time, $body ), $body );
	}

	public function test_no_method_is_there_to_get_a_secret_or_a_host_link(): void {
		$returning = array();
		foreach ( array( Consent::class, Webhook::class, Telemed::class, Vault::class ) as $class ) {
			foreach ( ( new ReflectionClass( $class ) )->getMethods() as $method ) {
				$returning[] = $method->getName();
			}
		}
		self::assertSame( array(), array_intersect( array( 'unseal', 'decrypt', 'reveal', 'hostLink', 'startUrl', 'accessToken', 'token' ), $returning ) );
	}

	private static function sign( string $time, string $body ): string {
		return 'v0=' . hash_hmac( 'sha256', "v0:$time:$body", 'made-up-webhook-secret' );
	}
}
