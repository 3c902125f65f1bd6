<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\KiviCare\CommittedDatabase;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Tests\TestCase;

/**
 * PHP's second connection counts against our share, and ends with the work that needed it.
 */
final class SessionRoomTest extends TestCase {

	protected function setUp(): void {
		parent::setUp();
		CommittedDatabase::leave();
		$this->bridge->sessions = 0;
	}

	protected function tearDown(): void {
		$this->bridge->no_room = null;
		CommittedDatabase::leave();
		// A refusal counts for a while.
		( new \ReflectionProperty( CommittedDatabase::class, 'refused_at' ) )->setValue( null, 0.0 );
		parent::tearDown();
	}

	public function test_one_connection_is_counted_until_it_is_closed(): void {
		$first = CommittedDatabase::shared();
		$this->assertSame( $first, CommittedDatabase::shared() );
		$this->assertSame( 1, $this->bridge->sessions );
		$id = (int) $first->get_var( 'SELECT CONNECTION_ID()' );
		CommittedDatabase::leave();
		CommittedDatabase::leave();
		$this->assertSame( 0, $this->bridge->sessions );
		$until = microtime( true ) + 30;
		do {
			$open = $this->is_open( $id );
		} while ( $open && microtime( true ) < $until );
		$this->assertFalse( $open );
	}

	public function test_the_sweep_leaves_none_behind(): void {
		do_action( Sweep::ACTION );
		$this->assertSame( 0, $this->bridge->sessions );
	}

	public function test_without_room_none_is_opened(): void {
		$this->bridge->no_room = new BridgeException( Failure::Store, 'no connection to spare' );
		$this->expectException( \RuntimeException::class );
		CommittedDatabase::shared();
	}

	public function test_without_the_extension_there_is_no_share_to_keep(): void {
		$this->bridge->no_room = new BridgeException( Failure::Configuration, 'not loaded' );
		$this->assertSame( '1', CommittedDatabase::shared()->get_var( 'SELECT 1' ) );
	}

	private function is_open( int $id ): bool {
		global $wpdb;
		return null !== $wpdb->get_var( $wpdb->prepare( 'SELECT ID FROM information_schema.processlist WHERE ID = %d', $id ) );
	}
}
