<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Site;

use KiviCare\Telemed\Admin\Invitation;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Calendar\ChangeNotice;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\Findings;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Triggers;
use KiviCare\Telemed\Mail\CauseBook;
use KiviCare\Telemed\Mail\Causes;
use KiviCare\Telemed\Mail\LateLinks;
use KiviCare\Telemed\Privacy\Eraser;
use KiviCare\Telemed\Privacy\PersonalRows;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\SiteHealth\SiteCheck;
use KiviCare\Telemed\SiteHealth\WebhookCheck;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * While the site is paused: what is told of is noted, and nothing else happens.
 */
final class PausedServicesTest extends TestCase {

	use PausedSite;

	/** @var list<array<string, mixed>> */
	private array $mails = array();

	protected function setUp(): void {
		parent::setUp();
		$this->be_elsewhere();
		add_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 5, 2 );
	}

	protected function tearDown(): void {
		remove_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 5 );
		parent::tearDown();
	}

	/**
	 * @param array<string, mixed> $mail Mail.
	 */
	public function take_mail( mixed $handled, array $mail ): bool {
		$this->mails[] = $mail;
		return true;
	}

	public function test_site_health_does_not_call_the_originals_webhook_address(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'webhook_secret' => 'w' ) );
		$check = new WebhookCheck( $this->plugin->settings() );
		$this->assertSame( array(), $check->add( array() ) );
		Identity::confirm();
		$this->assertNotSame( array(), $check->add( array() ) );
	}

	public function test_what_hooks_tell_of_is_noted_and_not_worked_on(): void {
		$id       = $this->appointment( array( 'status' => 0 ) );
		$triggers = new Triggers( $this->plugin->agenda(), $this->plugin->sweep(), $this->plugin->disconnection() );
		$triggers->note( $id );
		$triggers->note_sweep();
		$this->plugin->agenda()->work_off();
		$this->assertSame( 0, $this->plugin->agenda()->work() );
		$this->plugin->agenda()->run_later( $id );
		$this->assertSame( array(), $this->bridge->reconciled );
		$this->assertArrayHasKey( $id, $this->bridge->notes );
	}

	public function test_the_sweep_looks_at_nothing_and_remembers_no_progress(): void {
		$this->bridge->due = array( $this->appointment() );
		delete_option( Findings::PROGRESS );
		$this->assertSame( 0, $this->plugin->sweep()->run() );
		( new Schedule( $this->bridge, $this->plugin->runner() ) )->work();
		$this->assertSame( 0, $this->plugin->calendars()->run() );
		$this->assertSame( array(), $this->bridge->runs );
		$this->assertFalse( get_option( Findings::PROGRESS ) );
	}

	public function test_a_booking_is_taken(): void {
		$this->bridge->outcome = array( 'state' => 'pending', 'operation_id' => 1, 'reason' => 'site_paused', 'message' => 'paused', 'mapping' => null, 'token_refreshed' => false );
		$this->assertTrue( $this->plugin->meetings()->create( $this->appointment() ) );
		$this->assertCount( 1, $this->bridge->created );
		$this->assertSame( 'site_paused', $this->errors[0][0] );
	}

	public function test_nobody_gets_a_mail(): void {
		global $wpdb;
		$id        = $this->appointment();
		$committed = static fn(): Appointments => new Appointments( $wpdb );
		$this->bridge->owed       = array( $id );
		$this->bridge->mappings[] = FakeBridge::mapping( $id, '8812345' );
		$late = new LateLinks( $this->bridge, $this->plugin->personal_links(), $committed );
		$late->after( $id, array( 'mapping' => FakeBridge::mapping( $id, '8812345' ) + array( 'owes_link' => true ) ) );
		$late->run();
		$causes = new Causes( new CauseBook(), $committed );
		$causes->note( 'reauthorize', 'connect again', $id );
		$causes->tell();
		( new ChangeNotice( $committed ) )->tell( $id, array( 'mended' => 'moved_back' ) );
		$this->assertFalse( Invitation::send( get_userdata( $this->doctor ), Provider::Zoom ) );
		$this->assertSame( array(), $this->mails );
		$this->assertSame( array( $id ), $this->bridge->owed, 'owed still' );
	}

	public function test_no_connection_ends_and_none_is_forgotten(): void {
		global $wpdb;
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, 'sealed' );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, 'on' );
		$disconnection = $this->plugin->disconnection();
		try {
			$disconnection->disconnect( $this->doctor, Provider::Zoom );
			$this->fail( 'not refused' );
		} catch ( BridgeException $error ) {
			$this->assertSame( Failure::Paused, $error->failure );
		}
		$disconnection->before_deletion( $this->doctor );
		$erased = ( new Eraser( new PersonalRows(), $this->plugin->doctors(), $disconnection, $this->plugin->zoom_users() ) )->erase( 'doctor@clinic.example' );
		$this->assertTrue( $erased['items_retained'] );
		$this->assertStringContainsString( 'erase again', implode( ' ', $erased['messages'] ) );
		$this->assertSame( array(), $this->bridge->revoked );
		$this->assertTrue( $this->plugin->doctors()->has_own_tokens( $this->doctor ) );
	}

	public function test_site_health_says_so(): void {
		$this->assertSame( 'critical', ( new SiteCheck() )->run()['status'] );
	}
}
