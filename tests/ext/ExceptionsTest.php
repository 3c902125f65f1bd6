<?php

declare(strict_types=1);

use KiviCare\Telemed\Native\Config;
use KiviCare\Telemed\Native\Exception\ConfigurationException;
use KiviCare\Telemed\Native\Exception\InternalException;
use KiviCare\Telemed\Native\Exception\InvalidInputException;
use KiviCare\Telemed\Native\Exception\NotFoundException;
use KiviCare\Telemed\Native\Exception\ProviderException;
use KiviCare\Telemed\Native\Exception\StoreException;
use KiviCare\Telemed\Native\Exception\TelemedException;
use KiviCare\Telemed\Native\MappingStore;

/**
 * Errors reach PHP as our own exceptions, with a remedy and without secrets.
 */
final class ExceptionsTest extends ExtensionTestCase {

	public function test_the_tree_can_be_caught_at_its_root_and_is_never_an_error(): void {
		self::assertTrue( is_subclass_of( TelemedException::class, Exception::class ) );
		self::assertTrue( is_subclass_of( ConfigurationException::class, TelemedException::class ) );
		self::assertTrue( is_subclass_of( NotFoundException::class, ProviderException::class ) );
	}

	public function test_a_missing_section_is_named(): void {
		$settings = self::settings();
		unset( $settings['zoom'] );
		$this->expectException( InvalidInputException::class );
		$this->expectExceptionMessage( 'zoom' );
		new Config( $settings );
	}

	public function test_a_wrong_url_is_a_configuration_error_that_names_the_constant(): void {
		$this->expectException( ConfigurationException::class );
		$this->expectExceptionMessage( 'KIVICARE_TELEMED_ZOOM_API_URL' );
		self::config( array( 'zoom' => array( 'api_url' => 'not a url' ) ) );
	}

	public function test_an_unreachable_database_is_a_store_exception_without_the_password(): void {
		$db    = array(
			'host'     => '127.0.0.1:1',
			'password' => 'sekret-db-password',
		);
		$store = new MappingStore( self::config( array( 'db' => $db ) ) );
		try {
			$store->findByAppointment( 'zoom', 1 );
			self::fail( 'no exception' );
		} catch ( StoreException $exception ) {
			self::assertStringNotContainsString( 'sekret-db-password', (string) $exception );
		}
	}

	public function test_an_unknown_provider_is_refused(): void {
		$this->expectException( InvalidInputException::class );
		( new MappingStore( self::config() ) )->findByAppointment( 'teams', 1 );
	}

	/**
	 * @dataProvider places
	 */
	public function test_a_panic_becomes_an_exception_and_the_process_lives( bool $inside_runtime ): void {
		if ( ! function_exists( 'KiviCare\Telemed\Native\panic_on_purpose' ) ) {
			self::fail( 'The test build (feature fault-injection) is needed.' );
		}
		for ( $round = 0; $round < 3; $round++ ) {
			try {
				\KiviCare\Telemed\Native\panic_on_purpose( $inside_runtime );
				self::fail( 'no exception' );
			} catch ( InternalException $exception ) {
				self::assertStringContainsString( 'defect', $exception->getMessage() );
			}
		}
	}

	/**
	 * @return array<string, array{bool}>
	 */
	public static function places(): array {
		return array(
			'in the calling thread' => array( false ),
			'in the runtime'        => array( true ),
		);
	}
}
