<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Upgrade;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Tests\TestCase;
use KiviCare\Telemed\Upgrade\Disused;
use KiviCare\Telemed\Upgrade\MappingRows;
use KiviCare\Telemed\Upgrade\Mode;
use KiviCare\Telemed\Upgrade\UpgradeNotice;

/**
 * What the original add-ons left behind, in every form they left it in.
 */
final class UpgradeTest extends TestCase {

	private const GOOGLE = 'kiviCare_google_meet_setting';
	private const TOKENS = array( 'access_token' => 'plain-access', 'refresh_token' => 'plain-refresh', 'token_type' => 'bearer', 'expires_in' => 3599, 'scope' => 'meeting:write' );
	private const APP    = array( 'enableServerToServerOauthconfig' => 'true', 'account_id' => 'acc', 'client_id' => 'cli', 'client_secret' => 'plain-app-secret' );

	protected function tearDown(): void {
		global $wpdb;
		foreach ( array( self::GOOGLE, Settings::SHARED_STATUS, Disused::OPTION, 'kiviCare_zoom_api_key', 'kiviCare_zoom_api_secret' ) as $option ) {
			delete_option( $option );
		}
		foreach ( array( 'zoom_telemed_setting', 'google_meet_access_token' ) as $key ) {
			delete_user_meta( $this->doctor, $key );
		}
		$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}kct_duplicates" );
		parent::tearDown();
	}

	/**
	 * @dataProvider settings
	 * @param mixed                 $stored   Option as an add-on wrote it.
	 * @param array<string, string> $expected Fields afterwards.
	 */
	public function test_settings_of_every_form_become_ours_and_stay( mixed $stored, array $expected ): void {
		update_option( Settings::OPTION, $stored );
		$this->upgrade_twice( fn() => get_option( Settings::OPTION ) );
		$after = get_option( Settings::OPTION );
		foreach ( $expected as $field => $value ) {
			$this->assertSame( $value, $after[ $field ], $field );
		}
		$this->assertTrue( $this->bridge->is_sealed( $after['client_secret'] ) );
		$this->assertSame( array(), array_intersect( array( 'api_key', 'api_secret', 'clientSecret' ), array_keys( $after ) ) );
		$this->assert_nothing_plain( 'plain-secret', 'jwt-secret' );
	}

	/**
	 * @return array<string, array{mixed, array<string, string>}>
	 */
	public static function settings(): array {
		$fields = array( 'enableCal' => 'Yes', 'client_id' => 'cli', 'client_secret' => 'plain-secret', 'redirect_url' => 'https://x.example/', 'other' => 'kept' );
		$ours   = array( 'enableCal' => 'Yes', 'auth_type' => 'oauth', 'client_id' => 'cli' );
		return array(
			'array'        => array( $fields, $ours + array( 'other' => 'kept' ) ),
			'object'       => array( (object) $fields, $ours + array( 'other' => 'kept' ) ),
			'JSON'         => array( json_encode( $fields ), $ours ),
			'switches'     => array( array( 'enableCal' => true ) + $fields, $ours ),
			'camel case'   => array( array( 'enableCal' => 'on', 'clientId' => 'cli', 'clientSecret' => 'plain-secret' ), $ours ),
			'JWT leftover' => array( $fields + array( 'api_key' => 'k', 'api_secret' => 'jwt-secret' ), $ours ),
			'switched off' => array( array( 'enableCal' => 'No' ) + $fields, array( 'enableCal' => 'No', 'auth_type' => 'none' ) ),
		);
	}

	/**
	 * @dataProvider tokens
	 * @param mixed $stored Meta as an add-on wrote it.
	 */
	public function test_tokens_of_every_form_are_sealed_where_they_stand( mixed $stored ): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, is_string( $stored ) ? wp_slash( $stored ) : $stored );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, 'on' );
		$this->upgrade_twice( fn() => $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );

		$sealed = $this->bridge->sealed[0];
		$this->assertSame( array( "user:{$this->doctor}", DoctorConnections::ZOOM_TOKENS ), array( $sealed['owner'], $sealed['purpose'] ) );
		$tokens = json_decode( $sealed['plaintext'], true );
		$this->assertSame( array( 'plain-access', 'plain-refresh' ), array( $tokens['access_token'], $tokens['refresh_token'] ) );
		$this->assertTrue( $this->bridge->is_sealed( $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) ) );
		$this->assertTrue( $this->plugin->doctors()->has_own_tokens( $this->doctor ) );
		$this->assert_nothing_plain( 'plain-access', 'plain-refresh' );
	}

	/**
	 * @return array<string, array{mixed}>
	 */
	public static function tokens(): array {
		return array(
			'array'           => array( self::TOKENS ),
			'object'          => array( (object) self::TOKENS ),
			'JSON'            => array( json_encode( self::TOKENS ) ),
			'object in data'  => array( (object) array( 'data' => (object) self::TOKENS ) ),
			'JSON in token'   => array( json_encode( array( 'token' => json_encode( self::TOKENS ) ) ) ),
			'serialized text' => array( serialize( (object) self::TOKENS ) ),
		);
	}

	public function test_tokens_that_cannot_be_refreshed_are_dropped_and_the_doctor_is_named(): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, (object) array( 'access_token' => 'plain-jwt' ) );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, 'on' );
		$this->upgrade_twice( fn() => get_option( Disused::OPTION ) );
		$this->assertSame( '', $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );
		$this->assertSame( 'off', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );
		$this->assertSame( array( $this->doctor ), ( new Disused() )->doctors() );
	}

	/**
	 * @dataProvider apps
	 * @param mixed  $stored  Meta as an add-on wrote it.
	 * @param string $enabled Text of the switch afterwards.
	 */
	public function test_doctors_apps_of_every_form_become_the_json_that_kivicare_searches( mixed $stored, string $enabled ): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, is_string( $stored ) ? wp_slash( $stored ) : $stored );
		$this->upgrade_twice( fn() => get_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, true ) );
		$after = get_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, true );
		$this->assertStringContainsString( '"enableServerToServerOauthconfig":"' . $enabled . '"', $after );
		$this->assertSame( 'true' === $enabled, null !== $this->plugin->doctors()->own_app( $this->doctor ) );
		$this->assert_nothing_plain( 'plain-app-secret' );
	}

	/**
	 * @return array<string, array{mixed, string}>
	 */
	public static function apps(): array {
		return array(
			'JSON'          => array( json_encode( self::APP ), 'true' ),
			'array'         => array( self::APP, 'true' ),
			'object'        => array( (object) self::APP, 'true' ),
			'real boolean'  => array( json_encode( array( 'enableServerToServerOauthconfig' => true ) + self::APP ), 'true' ),
			'Yes'           => array( array( 'enableServerToServerOauthconfig' => 'Yes' ) + self::APP, 'true' ),
			'switched off'  => array( json_encode( array( 'enableServerToServerOauthconfig' => 'false' ) + self::APP ), 'false' ),
		);
	}

	public function test_google_secrets_are_sealed_and_the_rest_stays(): void {
		update_option( self::GOOGLE, (object) array( 'enableCal' => 'Yes', 'client_id' => 'g', 'client_secret' => 'plain-google', 'app_name' => 'Clinic' ) );
		update_user_meta( $this->doctor, 'google_meet_access_token', wp_slash( json_encode( self::TOKENS ) ) );
		$this->upgrade_twice( fn() => array( get_option( self::GOOGLE ), $this->stored_meta( 'google_meet_access_token' ) ) );
		$this->assertSame( array( 'Yes', 'g', 'Clinic' ), array( get_option( self::GOOGLE )['enableCal'], get_option( self::GOOGLE )['client_id'], get_option( self::GOOGLE )['app_name'] ) );
		$this->assert_nothing_plain( 'plain-google', 'plain-access', 'plain-refresh' );
	}

	public function test_jwt_credentials_are_deleted_with_a_notice_that_only_administrators_can_put_away(): void {
		update_user_meta( $this->doctor, 'zoom_telemed_setting', wp_slash( json_encode( array( 'enableTeleMed' => 'true', 'api_key' => 'jwt-key', 'api_secret' => 'jwt-secret', 'zoom_id' => 'z' ) ) ) );
		update_option( 'kiviCare_zoom_api_secret', 'jwt-secret' );
		$this->upgrade_twice( fn() => get_option( Disused::OPTION ) );
		$this->assert_nothing_plain( 'jwt-secret', 'jwt-key' );

		$notice = new UpgradeNotice( new Disused() );
		wp_set_current_user( $this->doctor );
		$this->assertSame( '', $this->printed( $notice ) );
		wp_set_current_user( 1 );
		$this->assertStringContainsString( get_userdata( $this->doctor )->display_name, $this->printed( $notice ) );
		$this->assertStringContainsString( UpgradeNotice::DISMISS, $this->printed( $notice ) );
		wp_set_current_user( 0 );

		$refusal = static function (): void {
			throw new \DomainException( 'refused' );
		};
		$die     = static fn() => $refusal;
		add_filter( 'wp_die_handler', $die );
		try {
			$notice->dismiss();
			$this->fail( 'dismissed by nobody' );
		} catch ( \DomainException ) {
			$this->assertSame( array( $this->doctor ), ( new Disused() )->doctors() );
		} finally {
			remove_filter( 'wp_die_handler', $die );
		}
	}

	public function test_error_rows_become_waiting_operations_and_host_links_are_replaced(): void {
		global $wpdb;
		$failed    = $this->appointment();
		$cancelled = $this->appointment( array( 'status' => 0 ) );
		$fine      = $this->appointment();
		$table     = $wpdb->prefix . Schema::ZOOM_MAPPINGS;
		foreach ( array( array( $failed, '-1' ), array( $cancelled, '-1' ), array( $fine, '88' ), array( 999999997, '-1' ) ) as list( $id, $zoom_id ) ) {
			$wpdb->insert( $table, array( 'appointment_id' => $id, 'zoom_id' => $zoom_id, 'start_url' => 'https://us05web.zoom.us/s/88?zak=plain-zak', 'join_url' => 'https://us05web.zoom.us/j/88' ) );
		}
		$this->upgrade_twice( fn() => $wpdb->get_results( "SELECT appointment_id, zoom_id, start_url, join_url FROM {$table} ORDER BY id", ARRAY_A ) );

		$rows = $wpdb->get_results( "SELECT * FROM {$table}", ARRAY_A );
		$this->assertSame( array( array( (string) $fine, rest_url( "kivicare-telemed/v1/appointments/{$fine}/start" ), 'https://us05web.zoom.us/j/88' ) ), array_map( static fn( array $row ): array => array( $row['appointment_id'], $row['start_url'], $row['join_url'] ), $rows ) );
		$this->assertSame( array( 'pending', 'legacy', 'create' ), array( $this->journal( $failed )[0]['state'], $this->journal( $failed )[0]['reason'], $this->journal( $failed )[0]['kind'] ) );
		$this->assertCount( 1, $this->journal( $failed ) );
		$this->assertSame( array(), $this->journal( $cancelled ) );
	}

	public function test_of_duplicate_rows_the_newest_with_a_meeting_stays(): void {
		global $wpdb;
		$table = $wpdb->prefix . 'kct_duplicates';
		$wpdb->query( "CREATE TABLE {$table} (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, appointment_id int, zoom_id varchar(64))" );
		$wpdb->query( "INSERT INTO {$table} (appointment_id, zoom_id) VALUES (1,'a'),(1,'b'),(1,'-1'),(2,'-1'),(2,'-1'),(3,'c'),(3,NULL)" );
		$this->assertSame( 4, MappingRows::merge_duplicates( $wpdb, $table, 'zoom_id' ) );
		$this->assertSame( array( 'b', '-1', 'c' ), $wpdb->get_col( "SELECT zoom_id FROM {$table} ORDER BY appointment_id" ) );
		$this->assertSame( 0, MappingRows::merge_duplicates( $wpdb, $table, 'zoom_id' ) );
	}

	public function test_a_dry_run_counts_the_same_and_writes_nothing(): void {
		global $wpdb;
		update_option( Settings::OPTION, array( 'enableCal' => 'Yes', 'client_id' => 'cli', 'client_secret' => 'plain-secret' ) );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, self::TOKENS );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, self::APP );
		update_user_meta( $this->doctor, 'zoom_telemed_setting', array( 'api_key' => 'k' ) );
		$wpdb->insert( $wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'appointment_id' => $this->appointment(), 'zoom_id' => '-1' ) );
		$state  = fn(): array => array(
			$wpdb->get_results( "SELECT * FROM {$wpdb->usermeta} WHERE user_id = {$this->doctor} ORDER BY umeta_id", ARRAY_A ),
			$wpdb->get_var( "SELECT option_value FROM {$wpdb->options} WHERE option_name = '" . Settings::OPTION . "'" ),
			$wpdb->get_results( "SELECT * FROM {$wpdb->prefix}" . Schema::ZOOM_MAPPINGS, ARRAY_A ),
			$wpdb->get_results( "SELECT * FROM {$wpdb->prefix}" . Schema::OPERATIONS, ARRAY_A ),
		);
		$before = $state();
		$dry    = $this->plugin->upgrade()->run( Mode::Count );
		$this->assertSame( $before, $state() );
		$this->assertSame( array(), $this->bridge->sealed );
		$real = $this->plugin->upgrade()->run();
		$this->assertSame( array_column( $real->rows(), 'count', 'step' ), array_column( $dry->rows(), 'count', 'step' ) );
		$this->assertGreaterThan( 4, $real->total() );
	}

	public function test_without_a_key_nothing_is_lost_and_the_remedy_is_named(): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_TOKENS, self::TOKENS );
		$this->bridge->seal_error = new BridgeException( Failure::Vault, 'there is no encryption key' );
		$report                   = $this->plugin->upgrade()->run();
		$this->assertSame( self::TOKENS, maybe_unserialize( $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) ) );
		$this->assertSame( 1, $report->failures() );
		$this->assertStringContainsString( 'KIVICARE_TELEMED_KEY', implode( ' ', array_column( $report->rows(), 'detail' ) ) );
	}

	/**
	 * @param callable(): mixed $state What must be the same after a second run.
	 */
	private function upgrade_twice( callable $state ): void {
		$first = $this->plugin->upgrade()->run();
		$this->assertSame( 0, $first->failures(), (string) wp_json_encode( $first->rows() ) );
		$this->assertGreaterThan( 0, $first->total() );
		$after  = $state();
		$second = $this->plugin->upgrade()->run();
		$this->assertSame( 0, $second->total(), (string) wp_json_encode( $second->rows() ) );
		$this->assertSame( $after, $state() );
	}

	private function assert_nothing_plain( string ...$secrets ): void {
		global $wpdb;
		foreach ( $secrets as $secret ) {
			$like = '%' . $wpdb->esc_like( $secret ) . '%';
			$this->assertSame( '0', $wpdb->get_var( $wpdb->prepare( "SELECT (SELECT COUNT(*) FROM {$wpdb->options} WHERE option_value LIKE %s) + (SELECT COUNT(*) FROM {$wpdb->usermeta} WHERE meta_value LIKE %s)", $like, $like ) ), $secret );
		}
	}

	private function printed( UpgradeNotice $notice ): string {
		ob_start();
		$notice->show();
		return (string) ob_get_clean();
	}
}
