<?php

declare(strict_types=1);

use KiviCare\Telemed\Native\Exception\VaultException;
use KiviCare\Telemed\Native\Vault;

/**
 * PHP can seal and seal anew; nothing exported opens a seal.
 */
final class VaultTest extends ExtensionTestCase {

	public function test_a_seal_hides_its_text_and_differs_every_time(): void {
		$vault = new Vault( self::config() );
		$one   = $vault->seal( 'made-up-secret', 'user:5', 'tokens' );
		$two   = $vault->seal( 'made-up-secret', 'user:5', 'tokens' );
		self::assertNotSame( $one, $two );
		self::assertStringNotContainsString( 'made-up-secret', $one );
		self::assertTrue( $vault->isSealed( $one ) );
		self::assertFalse( $vault->isSealed( 'made-up-secret' ) );
	}

	public function test_no_exported_method_can_open_a_seal(): void {
		self::assertSame(
			array( 'seal', 'reseal', 'isSealed', 'status', '__construct' ),
			get_class_methods( Vault::class )
		);
	}

	public function test_a_seal_belongs_to_its_owner(): void {
		$vault  = new Vault( self::config() );
		$sealed = $vault->seal( 'made-up-secret', 'user:5', 'tokens' );
		self::assertTrue( $vault->isSealed( $vault->reseal( $sealed, 'user:5', 'tokens' ) ) );
		$this->expectException( VaultException::class );
		$vault->reseal( $sealed, 'user:6', 'tokens' );
	}

	public function test_a_retired_key_still_opens_for_sealing_anew(): void {
		$old    = base64_encode( str_repeat( 'o', 32 ) );
		$sealed = ( new Vault( self::config( array( 'keys' => array( 'primary' => $old ) ) ) ) )->seal( 's', 'user:1', 'p' );
		$new    = new Vault( self::config( array( 'keys' => array( 'retired' => array( $old ) ) ) ) );
		$again  = $new->reseal( $sealed, 'user:1', 'p' );
		self::assertStringContainsString( $new->status()['key_id'], $again );
		self::assertStringNotContainsString( $new->status()['key_id'], $sealed );
	}

	public function test_without_a_key_nothing_is_sealed(): void {
		$vault = new Vault( self::config( array( 'keys' => array( 'primary' => null ) ) ) );
		self::assertSame( 'none', $vault->status()['source'] );
		$this->expectException( VaultException::class );
		$this->expectExceptionMessage( 'KIVICARE_TELEMED_KEY' );
		$vault->seal( 'made-up-secret', 'user:5', 'tokens' );
	}

	public function test_dumping_objects_shows_no_secret(): void {
		$config = self::config( array( 'zoom' => array( 'client_secret' => 'made-up-client-secret' ) ) );
		$shown  = print_r( $config, true ) . var_export( $config, true );
		self::assertStringNotContainsString( 'made-up-client-secret', $shown );
		ob_start();
		phpinfo( INFO_MODULES );
		self::assertStringNotContainsString( 'made-up-client-secret', (string) ob_get_clean() );
	}
}
