<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\KiviCare\EventTemplate;
use KiviCare\Telemed\KiviCare\MeetProvider;
use KiviCare\Telemed\KiviCare\ZoomProvider;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * Google Meet as KiviCare's factory sees it, and what an event says.
 */
final class MeetProviderTest extends TestCase {

	private const TOKENS = '{"access_token":"a","refresh_token":"r","expires_in":3599,"scope":"s"}';

	protected function setUp(): void {
		parent::setUp();
		$this->plugin->google()->save( $this->bridge, array( 'enableCal' => 'Yes', 'client_id' => 'cli', 'client_secret' => 'sec' ) );
		$this->plugin->doctors()->connect( $this->doctor, self::TOKENS, Provider::GoogleMeet );
	}

	public function test_connecting_one_provider_switches_the_other_off_as_kivicare_reads_it(): void {
		$this->assertSame( array( 'on', 'off', 'googlemeet' ), $this->switches() );
		$this->assertSame( array( $this->doctor ), $this->bridge->followed );
		$this->assertTrue( $this->bridge->is_sealed( $this->stored_meta( 'google_meet_access_token' ) ) );
		$this->assertTrue( (bool) $this->meet()->get_doctor_access_token( $this->doctor ) );
		$this->assertNull( $this->zoom()->get_doctor_access_token( $this->doctor ) );

		$this->plugin->doctors()->connect( $this->doctor, self::TOKENS );
		$this->assertSame( array( 'off', 'on', 'zoom' ), $this->switches() );
		$this->assertNull( $this->meet()->get_doctor_access_token( $this->doctor ) );
		$this->assertTrue( (bool) $this->zoom()->get_doctor_access_token( $this->doctor ) );
	}

	public function test_a_clinic_wide_zoom_app_does_not_capture_google_doctors(): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => 'a', 'client_id' => 'c', 'client_secret' => 's' ) );
		$this->assertNull( $this->zoom()->get_doctor_access_token( $this->doctor ) );
		$this->assertArrayNotHasKey( 'auth_type', $this->meet()->get_config() );
		$this->assertStringNotContainsString( 'sec', serialize( $this->meet()->get_config() ) );
	}

	public function test_the_event_says_what_the_template_says_and_nothing_is_run(): void {
		add_shortcode( 'kct_secret', static fn(): string => 'RAN' );
		$this->template( '{{service_name}} {{patient_email}}', '<p>{{ patient_name }} at {{clinic_name}}, {{appointment_date}} {{appointment_time}}: {{appointment_desc}} [kct_secret]</p><script>x()</script>' );
		global $wpdb;
		$id = $this->appointment();
		$wpdb->update( $wpdb->prefix . 'kc_appointments', array( 'description' => 'Cough [kct_secret] {{clinic_name}} <b>' ), array( 'id' => $id ) );
		$this->bridge->outcome = FakeBridge::ready( $id );
		$this->meet()->create_meeting( array( 'appointment_id' => $id ) );
		$visit = $this->bridge->created[0];

		$this->assertSame( 'googlemeet', $visit['provider'] );
		$this->assertTrue( $visit['doctor_tokens'] );
		$this->assertStringNotContainsString( '{{', $visit['topic'] );
		$this->assertStringNotContainsString( 'RAN', $visit['description'] );
		$this->assertStringNotContainsString( '<script', $visit['description'] );
		$this->assertStringContainsString( 'Cough [kct_secret] {{clinic_name}} &lt;b&gt;', $visit['description'], 'a patient\'s text is text' );
		$this->assertStringContainsString( wp_date( get_option( 'date_format' ), strtotime( '2031-03-05 10:00 UTC' ), new \DateTimeZone( 'UTC' ) ), $visit['description'] );
		$this->assertSame( 'doctor@clinic.example', $visit['organizer'] );
		$before = $visit['content'];

		switch_to_locale( 'de_DE' );
		$this->meet()->create_meeting( array( 'appointment_id' => $id ) );
		restore_previous_locale();
		$this->assertSame( $before, $this->bridge->created[1]['content'], 'the language of a request changes nothing' );
		$wpdb->update( $wpdb->prefix . 'kc_appointments', array( 'description' => 'Fever' ), array( 'id' => $id ) );
		$this->meet()->create_meeting( array( 'appointment_id' => $id ) );
		$this->assertNotSame( $before, $this->bridge->created[2]['content'] );
	}

	public function test_a_template_is_written_where_kivicare_keeps_it_whatever_the_form_names(): void {
		$foreign  = wp_insert_post( array( 'post_title' => 'About us', 'post_status' => 'publish' ) );
		$template = new EventTemplate();
		$this->assertTrue( $template->save( 'Visit <b>{{service_name}}</b>', '<p>Hello</p><script>x()</script>' ) );
		$now = $template->get();
		$this->assertSame( array( 'Visit {{service_name}}', '<p>Hello</p>x()' ), array( $now['post_title'], $now['post_content'] ) );
		$this->assertSame( 'kivicare_gmeet_tmp', get_post_type( $now['ID'] ) );
		$this->assertSame( 'About us', get_the_title( $foreign ) );
		wp_delete_post( $foreign, true );
	}

	public function test_settings_are_sealed_masked_and_checked(): void {
		$google = $this->plugin->google();
		$this->assertStringNotContainsString( '"sec"', serialize( get_option( GoogleSettings::OPTION ) ) );
		$this->assertSame( '••••••••••••', $google->for_display()['client_secret'] );
		$sealed = $google->all()['client_secret'];
		$google->save( $this->bridge, array( 'client_secret' => '••••••••••••', 'send_updates' => 'all' ) );
		$this->assertSame( array( $sealed, 'all' ), array( $google->all()['client_secret'], $google->all()['send_updates'] ) );
		$this->assertNotSame( '', $google->all()['app_name'], 'KiviCare counts Meet as on only with a name' );
		foreach ( array( array( 'send_updates' => 'everybody' ), array( 'reminder_minutes' => 'soon' ), array( 'client_id' => '' ) ) as $wrong ) {
			try {
				$google->save( $this->bridge, $wrong );
				$this->fail( (string) wp_json_encode( $wrong ) );
			} catch ( \InvalidArgumentException $error ) {
				$this->assertNotSame( '', $error->getMessage() );
			}
		}
		$this->assertTrue( $google->is_configured() );
		$google->save( $this->bridge, array( 'enableCal' => 'No' ) );
		$this->assertFalse( $google->is_configured() );
	}

	public function test_a_look_at_the_calendar_reconciles_what_changed_and_the_doctor_is_told(): void {
		$id                    = $this->appointment();
		$this->bridge->look    = array( 'doctor_id' => $this->doctor, 'appointments' => array( $id ), 'reason' => '', 'message' => '', 'token_refreshed' => true );
		$this->bridge->outcome = array( 'mended' => 'moved_back' ) + FakeBridge::ready( $id );
		$mails                 = array();
		$catch                 = static function ( $short, array $mail ) use ( &$mails ): bool {
			$mails[] = $mail;
			return true;
		};
		add_filter( 'pre_wp_mail', $catch, 10, 2 );
		$patient = get_users( array( 'role' => 'administrator', 'number' => 1 ) )[0];
		global $wpdb;
		$wpdb->update( $wpdb->prefix . 'kc_appointments', array( 'patient_id' => $patient->ID ), array( 'id' => $id ) );
		$this->plugin->calendars()->run();
		$this->plugin->agenda()->work();
		remove_filter( 'pre_wp_mail', $catch );
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'id' => $id ) );

		$visited = end( $this->bridge->reconciled );
		$this->assertSame( array( $id, true ), array( $visited['appointment_id'], $visited['verify'] ) );
		$this->assertCount( 1, $mails );
		$this->assertSame( 'doctor@clinic.example', $mails[0]['to'] );
		$this->assertStringContainsString( "#{$id}", $mails[0]['message'] );
		$this->assertStringNotContainsString( $patient->display_name, $mails[0]['message'] );
	}

	public function test_a_failing_extension_accepts_the_booking(): void {
		$id                    = $this->appointment();
		$this->bridge->outcome = new BridgeException( Failure::Store, 'database away' );
		$this->assertTrue( $this->meet()->create_meeting( array( 'appointment_id' => $id ) ) );
		$this->assertSame( array(), $this->journal( $id ) );
		$this->assertArrayHasKey( $id, $this->bridge->notes );
	}

	/**
	 * @return list<string> Meet's and Zoom's switch, and the preferred provider.
	 */
	private function switches(): array {
		return array_map( fn( string $key ): string => (string) get_user_meta( $this->doctor, $key, true ), array( DoctorConnections::MEET_CONNECT, DoctorConnections::ZOOM_CONNECT, DoctorConnections::PROVIDER ) );
	}

	private function template( string $title, string $content ): void {
		$id = ( new EventTemplate() )->get()['ID'];
		if ( 0 === $id ) {
			( new EventTemplate() )->save( 'x', 'x' );
			$id = ( new EventTemplate() )->get()['ID'];
		}
		global $wpdb;
		$wpdb->update( $wpdb->posts, array( 'post_title' => $title, 'post_content' => $content ), array( 'ID' => $id ) );
		clean_post_cache( $id );
	}

	private function meet(): MeetProvider {
		return new MeetProvider( GoogleSettings::OPTION );
	}

	private function zoom(): ZoomProvider {
		return new ZoomProvider( 'kiviCare_zoom_telemed_setting' );
	}
}
