<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Mail;

use KiviCare\Telemed\Admin\CauseNotice;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\Mail\CauseBook;
use KiviCare\Telemed\Mail\Causes;
use KiviCare\Telemed\Mail\Remedy;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * One mail to each who can do something, for each cause.
 */
final class CausesTest extends TestCase {

	private CauseBook $book;

	private Causes $causes;

	/** @var list<array{string, string}> Recipient and text. */
	private array $mails = array();

	protected function setUp(): void {
		global $wpdb;
		parent::setUp();
		$this->book   = new CauseBook();
		$this->causes = new Causes( $this->book, static fn(): Appointments => new Appointments( $GLOBALS['wpdb'] ) );
		add_filter( 'pre_wp_mail', array( $this, 'catch_mail' ), 1, 2 );
		$this->close_all();
	}

	protected function tearDown(): void {
		remove_filter( 'pre_wp_mail', array( $this, 'catch_mail' ), 1 );
		$this->close_all();
		parent::tearDown();
	}

	/**
	 * @param mixed                $sent Answer so far.
	 * @param array<string, mixed> $mail Mail.
	 */
	public function catch_mail( $sent, array $mail ): bool {
		$this->mails[] = array( (string) $mail['to'], (string) $mail['message'] );
		return true;
	}

	public function test_ten_bookings_for_one_reason_are_one_mail_to_the_doctor_and_one_to_the_administrator(): void {
		foreach ( range( 1, 10 ) as $ignored ) {
			$this->causes->note( 'reauthorize', 'Zoom ended this connection', $this->appointment() );
			$this->causes->tell();
		}
		$this->assertSame( array( (string) get_option( 'admin_email' ), 'doctor@clinic.example' ), array_column( $this->mails, 0 ) );
		$this->assertStringContainsString( 'connect again', $this->mails[0][1] );
	}

	public function test_a_booking_that_gets_its_meeting_ends_the_cause(): void {
		$this->causes->note( 'reauthorize', 'x', $this->appointment() );
		$this->causes->tell();
		$this->assertTrue( $this->book->is_open() );
		$this->causes->made( $this->appointment(), array( 'state' => 'pending' ) + FakeBridge::ready( 1 ) );
		$this->causes->tell();
		$this->assertTrue( $this->book->is_open(), 'a link that only follows ends nothing' );
		$this->causes->made( $this->appointment(), FakeBridge::ready( 1 ) );
		$this->causes->tell();
		$this->assertFalse( $this->book->is_open() );
	}

	public function test_another_reason_is_told_too(): void {
		$id = $this->appointment();
		$this->causes->note( 'reauthorize', 'x', $id );
		$this->causes->note( 'host_not_found', 'x', $id );
		$this->causes->tell();
		$this->assertCount( 4, $this->mails );
	}

	public function test_a_clinics_reason_is_the_administrators_alone(): void {
		$this->causes->note( 'client_refused', 'x', $this->appointment() );
		$this->causes->tell();
		$this->assertSame( array( (string) get_option( 'admin_email' ) ), array_column( $this->mails, 0 ) );
	}

	public function test_what_passes_by_itself_is_told_to_nobody(): void {
		foreach ( array( 'unavailable', 'rate_limited', 'busy', 'pending', 'ambiguous', 'store' ) as $reason ) {
			$this->causes->note( $reason, 'x', $this->appointment() );
		}
		$this->causes->tell();
		$this->assertSame( array(), $this->mails );
	}

	public function test_but_not_when_it_takes_more_than_an_hour(): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . 'kc_telemed_operations', array( 'appointment_id' => 999999001, 'provider' => 'zoom', 'kind' => 'create', 'state' => 'pending', 'marker' => str_repeat( 'a', 32 ), 'request' => '{}', 'reason' => 'unavailable', 'message' => 'Zoom answered 503', 'created_at' => gmdate( 'Y-m-d H:i:s', time() - 7200 ), 'updated_at' => gmdate( 'Y-m-d H:i:s' ) ) );
		$this->causes->note_long_waits();
		$this->causes->tell();
		$this->causes->note_long_waits();
		$this->causes->tell();
		$this->assertCount( 1, $this->mails );
	}

	public function test_a_meeting_that_is_made_ends_the_cause_and_the_next_time_is_told_anew(): void {
		$id = $this->appointment();
		$this->causes->note( 'reauthorize', 'x', $id );
		$this->causes->tell();
		$this->causes->end( $id, FakeBridge::pending() );
		$this->assertTrue( $this->book->is_open() );
		$this->causes->end( $id, FakeBridge::ready( $id ) );
		$this->assertFalse( $this->book->is_open() );
		$this->causes->note( 'reauthorize', 'x', $id );
		$this->causes->tell();
		$this->assertCount( 4, $this->mails );
	}

	public function test_connecting_ends_the_doctors_cause_and_no_other_doctors(): void {
		$this->book->open( 'reauthorize', $this->doctor, 'x' );
		$this->book->open( 'reauthorize', 424242, 'x' );
		$this->causes->connected( $this->doctor, Provider::Zoom );
		$this->assertSame( array( 424242 ), array_column( $this->book->all(), 'doctor_id' ) );
	}

	public function test_two_processes_open_a_cause_once(): void {
		$this->assertTrue( $this->book->open( 'scope', 5, 'x' ) );
		$this->assertFalse( $this->book->open( 'scope', 5, 'x' ) );
	}

	public function test_administrators_see_it_in_wp_admin_and_nobody_else_does(): void {
		$this->book->open( 'reauthorize', $this->doctor, '<script>x</script>' );
		$notice = new CauseNotice( $this->book );
		$this->assertSame( '', $this->shown( $notice, $this->doctor ) );
		$shown = $this->shown( $notice, (int) get_users( array( 'role' => 'administrator', 'fields' => 'ID', 'number' => 1 ) )[0] );
		$this->assertStringContainsString( 'wait for their links', $shown );
		$this->assertStringNotContainsString( '<script>', $shown );
	}

	public function test_every_reason_of_a_person_has_a_remedy(): void {
		foreach ( array_keys( Causes::REASONS ) as $reason ) {
			$this->assertNotSame( '', Remedy::of( $reason, 'the extension says what to do' ), $reason );
		}
	}

	private function shown( CauseNotice $notice, int $user_id ): string {
		wp_set_current_user( $user_id );
		ob_start();
		$notice->show();
		wp_set_current_user( 0 );
		return (string) ob_get_clean();
	}

	private function close_all(): void {
		global $wpdb;
		$wpdb->query( "DELETE FROM {$wpdb->options} WHERE option_name LIKE 'kivicare\\_telemed\\_cause\\_%'" );
	}
}
