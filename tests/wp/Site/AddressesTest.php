<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Site;

use KiviCare\Telemed\Site\Addresses;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Site\SiteState;
use PHPUnit\Framework\TestCase;

/**
 * What tells one site from another; no database.
 */
final class AddressesTest extends TestCase {

	/**
	 * @return list<array{string, string}>
	 */
	public static function same(): array {
		return array(
			array( 'https://clinic.example', 'http://clinic.example' ),
			array( 'https://clinic.example', 'https://www.clinic.example/' ),
			array( 'https://clinic.example', 'HTTPS://Clinic.Example.' ),
			array( 'https://clinic.example:443', 'http://clinic.example:80' ),
			array( 'https://clinic.example/telemed/', 'https://clinic.example/Telemed' ),
			array( 'https://praxis-müller.example', 'https://xn--praxis-mller-klb.example' ),
			array( 'https://praxis-weiß.example', 'https://xn--praxis-wei-f4a.example' ),
			array( 'https://PRAXIS-MÜLLER.example/', 'https://praxis-müller.example' ),
			array( 'https://clinic.example:8443', 'clinic.example:8443' ),
		);
	}

	/**
	 * @dataProvider same
	 */
	public function test_spelling_does_not_make_another_site( string $one, string $other ): void {
		$this->assertSame( Addresses::normalise( $one ), Addresses::normalise( $other ) );
		$this->assertNotSame( '', Addresses::normalise( $one ) );
	}

	public function test_host_port_and_path_do(): void {
		$all = array( 'https://clinic.example', 'https://staging.clinic.example', 'https://clinic.example/staging', 'https://clinic.example:8080', 'https://wwwclinic.example', 'https://clinic.test', 'http://127.0.0.1:8000', 'http://127.0.0.1:8001' );
		$this->assertCount( count( $all ), Addresses::normalise_all( $all ) );
	}

	public function test_what_names_no_host_counts_for_nothing(): void {
		foreach ( array( '', 'https://', 'http:///path', '   ', 'http://evil.example\\@clinic.example', 'http://evil.example@clinic.example', 'http://clinic.example" onload="' ) as $nothing ) {
			$this->assertSame( '', Addresses::normalise( $nothing ), $nothing );
		}
	}

	/**
	 * Record, addresses now, environment now => state.
	 *
	 * @return array<string, array{list<string>, string, list<string>, string, SiteState}>
	 */
	public static function states(): array {
		$home = array( 'clinic.example' );
		return array(
			'the same'                              => array( $home, 'production', array( 'https://clinic.example' ), 'production', SiteState::Confirmed ),
			'row and constant, both confirmed'      => array( array( 'clinic.example', 'old.example' ), 'production', array( 'https://clinic.example', 'http://old.example' ), 'production', SiteState::Confirmed ),
			'the row is another site\'s'            => array( $home, 'production', array( 'https://clinic.example', 'https://other.example' ), 'production', SiteState::UnknownAddress ),
			'the constant is another site\'s'       => array( $home, 'production', array( 'https://staging.example', 'https://clinic.example' ), 'production', SiteState::UnknownAddress ),
			'scheme and www'                        => array( $home, 'production', array( 'http://www.clinic.example/' ), 'production', SiteState::Confirmed ),
			'no longer production'                  => array( $home, 'production', array( 'https://clinic.example' ), 'staging', SiteState::EnvironmentChanged ),
			'confirmed as staging'                  => array( $home, 'staging', array( 'https://clinic.example' ), 'staging', SiteState::Confirmed ),
			'from staging to production, same place' => array( $home, 'staging', array( 'https://clinic.example' ), 'production', SiteState::Confirmed ),
			'no address at all'                     => array( $home, 'production', array(), 'production', SiteState::Confirmed ),
			'a record that cannot be read'          => array( array(), '', array( 'https://clinic.example' ), 'production', SiteState::UnknownAddress ),
		);
	}

	/**
	 * @dataProvider states
	 * @param list<string> $confirmed Confirmed addresses.
	 * @param list<string> $now       Addresses now.
	 */
	public function test_the_record_and_the_facts_decide( array $confirmed, string $environment, array $now, string $environment_now, SiteState $expected ): void {
		$record = new Record( 'id', '', $confirmed, $environment, 0 );
		$this->assertSame( $expected, SiteState::of( $record, new Facts( $now, $environment_now ), 'id' ) );
	}

	public function test_another_sites_record_confirms_nothing_and_none_pauses_nothing(): void {
		$facts = new Facts( array( 'https://clinic.example' ), 'production' );
		$this->assertSame( SiteState::UnknownAddress, SiteState::of( new Record( 'other', '', array( 'clinic.example' ), 'production', 0 ), $facts, 'id' ) );
		$this->assertSame( SiteState::Confirmed, SiteState::of( null, $facts, 'id' ) );
	}
}
