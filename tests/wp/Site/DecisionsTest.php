<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Site;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Findings;
use KiviCare\Telemed\Site\Decisions;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Pause;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Site\SiteRows;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What follows each of the three answers, in rows.
 */
final class DecisionsTest extends TestCase {

	use PausedSite;

	private int $caught_up = 0;

	/** @var list<string> */
	private array $decided = array();

	private Decisions $decisions;

	protected function setUp(): void {
		global $wpdb;
		parent::setUp();
		$catch_up        = function (): void {
			++$this->caught_up;
		};
		$this->decisions = new Decisions( new SiteRows(), $catch_up );
		add_action( Decisions::TAKEN_ACTION, array( $this, 'note_decision' ) );
		$this->be_elsewhere();
	}

	protected function tearDown(): void {
		remove_action( Decisions::TAKEN_ACTION, array( $this, 'note_decision' ) );
		parent::tearDown();
	}

	public function note_decision( string $decision ): void {
		$this->decided[] = $decision;
	}

	public function test_moved_lets_everything_go_on_and_names_what_was_missed(): void {
		$missed = $this->appointment( array( 'appointment_start_date' => gmdate( 'Y-m-d', time() - 2 * DAY_IN_SECONDS ), 'appointment_end_date' => gmdate( 'Y-m-d', time() - 2 * DAY_IN_SECONDS ) ) );
		$ahead  = $this->appointment();
		$this->owed( $missed );
		$this->owed( $ahead );
		$this->insert( Schema::NOTED, array( 'appointment_id' => 5, 'due_at' => time() + 60 ) );
		$this->insert( Schema::CALENDARS, array( 'doctor_id' => $this->doctor, 'channel_id' => 'c', 'channel_expires_at' => time() + DAY_IN_SECONDS, 'due_at' => time() + 3600 ) );
		update_user_meta( $this->doctor, 'kivicare_telemed_retiring', 'zoom 5' );
		update_option( Findings::PROGRESS, array( 'seen' => 99999, 'at' => 50000 ), false );

		$text = implode( "\n", $this->decisions->moved() );
		$this->assertStringContainsString( "#$missed,", $text );
		$this->assertStringNotContainsString( "#$ahead,", $text );
		$this->assertStringContainsString( 'zoom-telemed/callback', $text );
		$this->assertStringContainsString( 'googlemeet/callback', $text );

		$this->assertFalse( Pause::is_on() );
		$this->assertSame( $this->site_id, Identity::id(), 'the same site' );
		$this->assertSame( Facts::now()->addresses(), Record::stored()->addresses );
		$this->assertSame( 0, $this->matching( Schema::NOTED, 'due_at > 0' ) );
		$this->assertSame( 0, $this->matching( Schema::OPERATIONS, 'resume_at > UTC_TIMESTAMP()' ) );
		$this->assertSame( 0, $this->matching( Schema::CALENDARS, 'due_at > 0 OR channel_expires_at > 0' ) );
		$this->assertGreaterThan( time() - 60, (int) substr( get_user_meta( $this->doctor, 'kivicare_telemed_retiring', true ), 5 ) );
		$this->assertLessThan( 50000, get_option( Findings::PROGRESS, array( 'at' => 0 ) )['at'], 'the look begins anew' );
		$this->assertSame( array( 1, array( 'site_confirmed' ) ), array( $this->caught_up, $this->decided ) );
		delete_user_meta( $this->doctor, 'kivicare_telemed_retiring' );
	}

	public function test_another_address_is_added(): void {
		$this->decisions->also();
		$this->assertContains( 'clinic.example', Record::stored()->addresses );
		$this->assertFalse( Pause::is_on() );
		$this->assertSame( array( 1, array( 'site_address_added' ) ), array( $this->caught_up, $this->decided ) );
		$this->be_elsewhere();
		$this->decisions->also( 'https://praxis.example' );
		$this->assertTrue( Pause::is_on(), 'the present one is not confirmed by that' );
		$this->assertSame( 1, $this->caught_up );
	}

	public function test_a_copy_forgets_everything_without_a_word(): void {
		$connected = array( DoctorConnections::ZOOM_TOKENS => 'sealed', DoctorConnections::ZOOM_CONNECT => 'on', DoctorConnections::MEET_TOKENS => 'sealed', DoctorConnections::MEET_CONNECT => 'on', DoctorConnections::ZOOM_SHARED => '{"enableServerToServerOauthconfig":"true","client_secret":"s"}', DoctorConnections::PROVIDER => 'zoom', DoctorConnections::ZOOM_USER => 'dr@zoom.example', DoctorConnections::ZOOM_IDENTITY => 'z', DoctorConnections::MEET_IDENTITY => 'g', 'kivicare_telemed_consent' => 'k 1 sealed' );
		foreach ( $connected as $key => $value ) {
			update_user_meta( $this->doctor, $key, wp_slash( $value ) );
		}
		update_option( Settings::OPTION, array( 'enableCal' => 'Yes', 'auth_type' => 'server-to-server', 'client_id' => 'c', 'account_id' => 'a', 'client_secret' => 'sealed', 'webhook_secret' => 'sealed' ) );
		update_option( GoogleSettings::OPTION, array( 'enableCal' => 'Yes', 'client_id' => 'c', 'client_secret' => 'sealed', 'app_name' => 'n' ) );
		update_option( 'kivicare_telemed_zoom_token_abc', 'sealed', false );
		update_option( 'kivicare_telemed_cause_vault_0', '{}', false );
		$id = $this->appointment();
		$this->owed( $id );
		$this->insert( Schema::ZOOM_MAPPINGS, array( 'appointment_id' => $id, 'zoom_id' => '881', 'zoom_uuid' => 'u', 'start_url' => '', 'join_url' => '', 'password' => '', 'extra' => '{}', 'created_at' => '2031-01-01', 'updated_at' => '2031-01-01' ) );
		$this->insert( Schema::NOTED, array( 'appointment_id' => 5 ) );
		$this->insert( Schema::CALENDARS, array( 'doctor_id' => $this->doctor, 'channel_id' => 'c' ) );
		$this->insert( Schema::CONNECTIONS, array( 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'state' => 'healthy' ) );

		$this->insert( Schema::ZOOM_USERS, array( 'doctor_id' => $this->doctor, 'zoom_user_id' => 'z', 'address' => 'doctor@clinic.example', 'account_id' => 'a', 'approved_at' => 1 ) );
		$this->insert( Schema::ZOOM_USERS, array( 'doctor_id' => $this->doctor + 1, 'reason' => 'unreviewed' ) );

		$text = implode( ' ', $this->decisions->copy() );
		$this->assertSame( 1, $this->matching( Schema::ZOOM_USERS, "zoom_user_id = '' AND account_id = '' AND approved_at = 0 AND reason = 'another_account' AND address <> ''" ), 'nobody is approved here' );
		$this->assertSame( 1, $this->matching( Schema::ZOOM_USERS, "reason = 'unreviewed'" ), 'who waits for an administrator still does' );
		$this->assertStringContainsString( '1 connection was dropped', $text );

		$this->assertFalse( Pause::is_on() );
		$this->assertNotSame( $this->site_id, Identity::id() );
		$this->assertSame( Identity::id(), Record::stored()->site );
		foreach ( array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS, Schema::NOTED, Schema::CALENDARS, Schema::CONNECTIONS ) as $table ) {
			$this->assertSame( 0, $this->matching( $table, '1 = 1' ), $table );
		}
		$this->assertSame( 0, $this->matching( Schema::OPERATIONS, "state IN ('in_flight', 'pending', 'parked')" ) );
		foreach ( array_diff_key( $connected, array( DoctorConnections::ZOOM_CONNECT => 1, DoctorConnections::MEET_CONNECT => 1 ) ) as $key => $value ) {
			$this->assertSame( '', get_user_meta( $this->doctor, $key, true ), $key );
		}
		$this->assertSame( array( 'off', 'off' ), array( get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ), get_user_meta( $this->doctor, DoctorConnections::MEET_CONNECT, true ) ) );
		$this->assertSame( array( '', '', 'none', '', 'c' ), array( get_option( Settings::OPTION )['client_secret'], get_option( Settings::OPTION )['webhook_secret'], get_option( Settings::OPTION )['auth_type'], get_option( Settings::OPTION )['account_id'], get_option( Settings::OPTION )['client_id'] ) );
		$this->assertSame( array( 'No', '' ), array( get_option( GoogleSettings::OPTION )['enableCal'], get_option( GoogleSettings::OPTION )['client_secret'] ) );
		$this->assertFalse( get_option( 'kivicare_telemed_zoom_token_abc' ) );
		$this->assertFalse( get_option( 'kivicare_telemed_cause_vault_0' ) );
		$this->assertSame( array( array(), array(), array() ), array( $this->bridge->revoked, $this->bridge->reconciled, $this->bridge->created ) );
		$this->assertSame( array( 0, array( 'site_copied' ) ), array( $this->caught_up, $this->decided ) );
	}

	/**
	 * A booking that was kept for later.
	 */
	private function owed( int $id ): void {
		$this->insert( Schema::OPERATIONS, array( 'appointment_id' => $id, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => 'create', 'state' => 'pending', 'marker' => bin2hex( random_bytes( 16 ) ), 'meeting_id' => '', 'request' => '{}', 'reason' => 'site_paused', 'message' => '', 'resume_at' => gmdate( 'Y-m-d H:i:s', time() + 3600 ), 'created_at' => '2031-01-01', 'updated_at' => '2031-01-01' ) );
	}

	/**
	 * @param array<string, mixed> $row Columns.
	 */
	private function insert( string $table, array $row ): void {
		global $wpdb;
		$this->assertSame( 1, $wpdb->insert( $wpdb->prefix . $table, $row ), $wpdb->last_error );
	}

	private function matching( string $table, string $where ): int {
		global $wpdb;
		return (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->prefix}{$table} WHERE {$where}" );
	}
}
