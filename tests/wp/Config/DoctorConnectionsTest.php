<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Config;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Which provider serves a doctor.
 */
final class DoctorConnectionsTest extends TestCase {

	public function test_connect_seals_the_tokens_and_switches_to_zoom(): void {
		update_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, 'on' );
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"at-hunter2","refresh_token":"rt\\"x","expires_in":3600,"scope":"meeting:write","extra":"dropped"}' );

		$sealed = $this->bridge->sealed[0];
		$this->assertSame( array( 'user:' . $this->doctor, DoctorConnections::ZOOM_TOKENS ), array( $sealed['owner'], $sealed['purpose'] ) );
		$tokens = json_decode( $sealed['plaintext'], true );
		$this->assertSame( array( 'at-hunter2', 'rt"x', 'meeting:write', 'bearer' ), array( $tokens['access_token'], $tokens['refresh_token'], $tokens['scope'], $tokens['token_type'] ) );
		$this->assertEqualsWithDelta( time() + 3600, $tokens['expires_at'], 60 );

		$this->assertSame( $this->bridge->seal( $sealed['plaintext'], $sealed['owner'], $sealed['purpose'] ), $this->stored_meta( DoctorConnections::ZOOM_TOKENS ), 'slashes survive' );
		$this->assertSame( array( 'on', 'zoom', 'off' ), array( $this->meta( DoctorConnections::ZOOM_CONNECT ), $this->meta( DoctorConnections::PROVIDER ), $this->meta( DoctorConnections::MEET_CONNECT ) ) );
		$this->assertTrue( $this->plugin->doctors()->host( $this->doctor )['doctor_tokens'] );
	}

	/**
	 * @dataProvider bad_tokens
	 */
	public function test_bad_tokens_change_nothing_and_are_not_quoted( string $json ): void {
		try {
			$this->plugin->doctors()->connect( $this->doctor, $json );
			$this->fail( 'accepted' );
		} catch ( \InvalidArgumentException $error ) {
			$this->assertStringNotContainsString( 'hunter2', $error->getMessage() );
		}
		$this->assertSame( '', $this->meta( DoctorConnections::ZOOM_CONNECT ) );
		$this->assertSame( array(), $this->bridge->sealed );
	}

	public static function bad_tokens(): array {
		return array(
			'no JSON'    => array( 'hunter2' ),
			'no refresh' => array( '{"access_token":"hunter2"}' ),
			'not text'   => array( '{"access_token":["hunter2"],"refresh_token":"r"}' ),
			'empty'      => array( '{"access_token":"","refresh_token":"hunter2"}' ),
		);
	}

	public function test_sealing_failure_changes_nothing(): void {
		$this->bridge->seal_error = new BridgeException( Failure::Vault, 'no key' );
		try {
			$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"a","refresh_token":"r"}' );
			$this->fail( 'accepted' );
		} catch ( BridgeException ) {
			$this->assertSame( array( '', '' ), array( $this->meta( DoctorConnections::ZOOM_TOKENS ), $this->meta( DoctorConnections::ZOOM_CONNECT ) ) );
		}
	}

	public function test_unknown_user_is_refused(): void {
		$this->expectException( \InvalidArgumentException::class );
		$this->plugin->doctors()->connect( 999999999, '{"access_token":"a","refresh_token":"r"}' );
	}

	public function test_clinic_account_is_written_as_kivicare_reads_it(): void {
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor, 'zoom@clinic.example' );

		$this->assertSame( '{"enableServerToServerOauthconfig":"true"}', $this->meta( DoctorConnections::ZOOM_SHARED ) );
		$this->assertSame(
			array( 'provider' => 'zoom', 'doctor_id' => $this->doctor, 'host' => FakeBridge::zoom_id( 'zoom@clinic.example' ), 'doctor_tokens' => false, 'app' => null ),
			$this->plugin->doctors()->host( $this->doctor )
		);
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$this->assertSame( FakeBridge::zoom_id( 'doctor@clinic.example' ), $this->plugin->doctors()->zoom_user( $this->doctor ) );
	}

	private function meta( string $key ): string {
		return (string) get_user_meta( $this->doctor, $key, true );
	}
}
