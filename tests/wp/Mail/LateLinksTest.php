<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Mail;

use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\Mail\LateLinks;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * A link that came after the booking goes to patient and doctor through KiviCare's sender, once.
 */
final class LateLinksTest extends TestCase {

	/** @var list<string> Recipients. */
	private array $mailed = array();

	protected function setUp(): void {
		parent::setUp();
		add_action( 'kivicare_telemed_link_mailed', array( $this, 'note_mailed' ) );
		add_filter( 'pre_wp_mail', '__return_true', 1 );
	}

	protected function tearDown(): void {
		remove_filter( 'pre_wp_mail', '__return_true', 1 );
		remove_action( 'kivicare_telemed_link_mailed', array( $this, 'note_mailed' ) );
		parent::tearDown();
	}

	public function note_mailed( int $id ): void {
		$this->mailed[] = (string) $id;
	}

	public function test_a_late_link_is_mailed_once(): void {
		$id = $this->visit();
		$this->service()->after( $id, $this->late( $id ) );
		$this->service()->after( $id, $this->late( $id ) );
		$this->assertSame( array( (string) $id ), $this->mailed );
	}

	public function test_a_link_of_the_booking_is_left_to_kivicare(): void {
		$id = $this->visit();
		$this->service()->after( $id, FakeBridge::ready( $id ) );
		$this->service()->after( $id, FakeBridge::pending() );
		$this->assertSame( array(), $this->mailed );
	}

	public function test_a_visit_that_was_cancelled_meanwhile_gets_no_mail(): void {
		$id = $this->visit( array( 'status' => 0 ) );
		$this->service()->after( $id, $this->late( $id ) );
		$this->assertSame( array(), $this->mailed );
		$this->assertSame( array(), $this->bridge->owed, 'and is done with' );
	}

	/**
	 * @param array<string, mixed> $row Columns that differ.
	 */
	private function visit( array $row = array() ): int {
		$id                       = $this->appointment( $row + array( 'patient_id' => $this->doctor ) );
		$this->bridge->mappings[] = FakeBridge::mapping( $id, '8812345' );
		$this->bridge->owed[]     = $id;
		return $id;
	}

	/**
	 * @return array<string, mixed>
	 */
	private function late( int $id ): array {
		$outcome                         = FakeBridge::ready( $id );
		$outcome['mapping']['owes_link'] = true;
		return $outcome;
	}

	private function service(): LateLinks {
		return new LateLinks( $this->bridge, $this->plugin->personal_links(), static fn(): Appointments => new Appointments( $GLOBALS['wpdb'] ) );
	}
}
