<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Native;

use KiviCare\Telemed\Audit\AuditRows;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What administrators look at, with the loaded extension.
 *
 * @group native
 */
final class UpkeepTest extends TestCase {

	private Bridge $native;

	protected function setUp(): void {
		parent::setUp();
		$this->plugin = $this->use_real_bridge();
		$this->native = $this->plugin->bridge();
	}

	public function test_an_entry_stands_although_the_transaction_is_rolled_back(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$this->native->audit( array( 'actor_id' => 5, 'source' => 'web', 'action' => 'meeting_made', 'appointment_id' => 41, 'doctor_id' => 7, 'provider' => 'zoom', 'detail' => str_repeat( 'ä', 600 ) ) );
		$wpdb->query( 'ROLLBACK' );

		$row = iterator_to_array( ( new AuditRows( $wpdb ) )->between() )[0];
		$this->assertSame( array( '5', 'web', 'meeting_made', '41', '7', 'zoom', str_repeat( 'ä', 500 ) ), array_values( array_diff_key( $row, array( 'id' => 1, 'at' => 1, 'times' => 1, 'last_at' => 1 ) ) ) );
		$this->assertEqualsWithDelta( time(), strtotime( $row['at'] . ' UTC' ), 60 );
	}

	public function test_the_database_answers(): void {
		$this->native->ping();
		$this->addToAssertionCount( 1 );
	}

	public function test_providers_are_reached_with_todays_tls(): void {
		foreach ( Provider::cases() as $provider ) {
			$this->assertSame( '1.3', $this->native->tls_version( $provider->value ) );
		}
		$this->expectException( BridgeException::class );
		$this->native->tls_version( 'skype' );
	}

	public function test_a_fresh_seal_needs_no_other_key(): void {
		$sealed = $this->native->seal( 'hunter2', 'user:1', 'test' );
		$this->assertFalse( $this->native->needs_reseal( $sealed ) );
		$this->assertTrue( $this->native->needs_reseal( preg_replace( '/^kct1\.\w{8}/', 'kct1.00000000', $sealed ) ) );
	}
}
