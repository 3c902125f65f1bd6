<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Runs: until nothing is due, each appointment once, and never two runs at the same time.
 */
final class RunnerTest extends TestCase {

	protected function setUp(): void {
		parent::setUp();
		$this->bridge->outcome = FakeBridge::ready( 1 );
	}

	public function test_it_works_until_nothing_is_due(): void {
		$this->bridge->due = range( 999999001, 999999250 );
		$this->assertSame( array( 'looked' => 250, 'left' => false, 'unseen' => array() ), $this->plugin->runner()->run( 20 ) );
		$this->assertSame( array( 100, 100, 50 ), array_map( 'count', $this->bridge->runs ), 'in portions' );
	}

	public function test_it_looks_at_what_it_is_given_too_and_at_each_once(): void {
		$this->bridge->due = array( 999999001, 999999002 );
		$this->assertSame( 3, $this->plugin->runner()->run( 20, array( 999999002, 999999003 ) )['looked'] );
	}

	public function test_while_another_run_is_at_work_all_is_left_to_it(): void {
		$this->bridge->due  = array( 999999001 );
		$this->bridge->busy = true;
		$this->assertSame( array( 'looked' => 0, 'left' => true, 'unseen' => array( 999999001 ) ), $this->plugin->runner()->run( 20 ) );
	}

	public function test_an_appointment_that_neither_wants_nor_refuses_a_meeting_is_put_off(): void {
		$id                = $this->appointment( array( 'status' => 2, 'patient_id' => $this->doctor ) );
		$this->bridge->due = array( $id );
		$this->plugin->runner()->run( 20 );
		$this->assertSame( array( $id ), $this->bridge->postponed );
		$this->assertSame( array(), $this->bridge->runs );
		$this->forget( $id );
	}

	public function test_a_hook_is_in_the_queue_before_anything_is_done_and_settled_after(): void {
		$agenda = $this->plugin->agenda();
		$agenda->add( 999999001 );
		$agenda->add( 999999001 );
		$this->assertSame( 1, $this->bridge->notes[999999001]['noted'], 'told once a request' );
		$this->assertSame( array(), $this->bridge->reconciled );
		$this->assertSame( 1, $agenda->work() );
		$this->assertSame( array(), $this->bridge->notes );
	}

	public function test_what_fails_before_the_journal_stays_noted(): void {
		$this->bridge->outcome = new \KiviCare\Telemed\Bridge\BridgeException( \KiviCare\Telemed\Bridge\Failure::Store, 'the database is away' );
		$this->plugin->agenda()->add( 999999001 );
		$this->plugin->agenda()->work();
		$this->assertArrayHasKey( 999999001, $this->bridge->notes );
	}

	public function test_many_hooks_of_a_request_are_processed_together(): void {
		foreach ( range( 999999001, 999999010 ) as $id ) {
			$this->plugin->agenda()->add( $id );
		}
		$this->assertSame( 10, $this->plugin->agenda()->work() );
		$this->assertSame( array( 10 ), array_map( 'count', $this->bridge->runs ) );
	}

	public function test_many_hooks_are_processed_one_by_one_while_another_run_is_at_work(): void {
		$this->bridge->busy = true;
		foreach ( range( 999999001, 999999004 ) as $id ) {
			$this->plugin->agenda()->add( $id );
		}
		$this->assertSame( 4, $this->plugin->agenda()->work() );
		$this->assertCount( 4, $this->bridge->reconciled );
	}

	public function test_the_next_run_is_planned_for_the_moment_something_becomes_due(): void {
		wp_clear_scheduled_hook( Schedule::WORK );
		function_exists( 'as_unschedule_all_actions' ) && as_unschedule_all_actions( Schedule::WORK );
		$schedule = new Schedule( $this->bridge, $this->plugin->runner() );
		$schedule->plan();
		$this->assertNull( $this->planned(), 'nothing waits, nothing is planned' );
		$this->bridge->next_due = 600;
		$schedule->plan();
		$this->assertEqualsWithDelta( time() + 600, $this->planned(), 60 );
		$this->bridge->next_due = 90;
		$schedule->plan();
		$this->assertEqualsWithDelta( time() + 90, $this->planned(), 60, 'sooner' );
		$this->bridge->next_due = 3600;
		$schedule->plan();
		$this->assertEqualsWithDelta( time() + 90, $this->planned(), 60, 'never later' );
	}

	private function planned(): ?int {
		$at = function_exists( 'as_next_scheduled_action' ) ? as_next_scheduled_action( Schedule::WORK, array(), 'kivicare-telemed' ) : wp_next_scheduled( Schedule::WORK );
		return is_int( $at ) ? $at : null;
	}

	private function forget( int $id ): void {
		global $wpdb;
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'id' => $id ) );
	}
}
