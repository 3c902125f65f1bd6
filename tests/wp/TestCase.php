<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests;

use KiviCare\Telemed\Compat\ModelLoader;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Requirements;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;

/**
 * A site with one doctor, a fake extension and empty telemed tables. Rows are committed: the real extension reads on
 * its own connection and would not see WordPress' usual test transaction.
 */
abstract class TestCase extends \PHPUnit\Framework\TestCase {

	protected const CLINIC  = 990001;
	protected const SERVICE = 990001;
	protected const PATIENT = 990002;

	protected FakeBridge $bridge;
	protected Plugin $plugin;
	protected int $doctor;

	/** @var list<array{string, string, int}> Arguments of the error action. */
	protected array $errors = array();

	private Plugin $site_plugin;

	protected function setUp(): void {
		self::forbid_deprecated_code();
		$this->site_plugin = Plugin::instance();
		$this->bridge      = new FakeBridge();
		$this->plugin      = new Plugin( $this->bridge, self::met() );
		Plugin::use( $this->plugin );
		foreach ( array_keys( ModelLoader::MODELS ) as $class ) {
			( new ModelLoader() )->load( class_exists( $class ) ? '' : $class );
		}
		$this->doctor = $this->doctor();
		$this->wipe();
		add_action( MeetingDesk::ERROR_ACTION, array( $this, 'note_error' ), 10, 3 );
	}

	protected function tearDown(): void {
		restore_error_handler();
		global $wpdb;
		$wpdb->query( 'ROLLBACK' );
		remove_action( MeetingDesk::ERROR_ACTION, array( $this, 'note_error' ) );
		$this->wipe();
		Plugin::use( $this->site_plugin );
	}

	public function note_error( string $reason, string $message, int $appointment_id ): void {
		$this->errors[] = array( $reason, $message, $appointment_id );
	}

	protected static function met(): Requirements {
		return new Requirements( '8.2.0', '6.5', Plugin::VERSION, '4.3.0', false );
	}

	/**
	 * The plugin with the loaded extension, or a skip; a failure where the run says that it must be there.
	 */
	protected function use_real_bridge(): Plugin {
		if ( null === $this->site_plugin->bridge()->version() ) {
			$reason = 'the kivicare_telemed extension is not loaded';
			'' === (string) getenv( 'KIVICARE_TELEMED_REQUIRE_EXTENSION' ) ? $this->markTestSkipped( $reason ) : $this->fail( $reason );
		}
		Plugin::use( $this->site_plugin );
		return $this->site_plugin;
	}

	/**
	 * Inserts an appointment of the doctor with one booked service.
	 *
	 * @param array<string, mixed> $row     Columns that differ.
	 * @param string               $telemed telemed_service of the doctor's offer.
	 * @param int|null             $offerer Doctor of the offer; the appointment's own by default.
	 */
	protected function appointment( array $row = array(), string $telemed = 'yes', ?int $offerer = null ): int {
		global $wpdb;
		$wpdb->insert(
			$wpdb->prefix . 'kc_appointments',
			$row + array(
				'appointment_start_date' => '2031-03-05',
				'appointment_start_time' => '10:00:00',
				'appointment_end_date'   => '2031-03-05',
				'appointment_end_time'   => '10:45:00',
				'visit_type'             => '1',
				'clinic_id'              => self::CLINIC,
				'doctor_id'              => $this->doctor,
				'patient_id'             => self::PATIENT,
				'status'                 => 1,
				'created_at'             => '2031-01-01 00:00:00',
				'appointment_timezone'   => 'Europe/Berlin',
			)
		);
		$id = (int) $wpdb->insert_id;
		$wpdb->insert(
			$wpdb->prefix . 'kc_service_doctor_mapping',
			array(
				'service_id'      => self::SERVICE,
				'doctor_id'       => $offerer ?? $this->doctor,
				'clinic_id'       => self::CLINIC,
				'telemed_service' => $telemed,
				'created_at'      => '2031-01-01 00:00:00',
			)
		);
		$wpdb->insert(
			$wpdb->prefix . 'kc_appointment_service_mapping',
			array(
				'appointment_id' => $id,
				'service_id'     => self::SERVICE,
			)
		);
		$this->assertGreaterThan( 0, $id, $wpdb->last_error );
		return $id;
	}

	/**
	 * Journal rows of an appointment as the database has them.
	 *
	 * @return list<array<string, string|null>>
	 */
	protected function journal( int $appointment_id ): array {
		global $wpdb;
		return $wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}" . Schema::OPERATIONS . ' WHERE appointment_id = %d', $appointment_id ), ARRAY_A );
	}

	/**
	 * What PHP calls deprecated in our files is an error, whatever PHPUnit makes of it; in WordPress and KiviCare it is theirs.
	 */
	private static function forbid_deprecated_code(): void {
		$next = set_error_handler(
			static function ( int $level, string $message, string $file, int $line ) use ( &$next ): bool {
				if ( 0 !== ( $level & ( E_DEPRECATED | E_USER_DEPRECATED ) ) ) {
					if ( str_starts_with( $file, dirname( __DIR__, 2 ) . '/' ) && ! str_contains( $file, '/.cache/' ) ) {
						throw new \ErrorException( $message, 0, $level, $file, $line );
					}
					return true;
				}
				return null === $next ? false : (bool) $next( $level, $message, $file, $line );
			}
		);
	}

	/**
	 * A meta of the doctor as the database has it, '' for none: the cache has no tokens.
	 */
	protected function stored_meta( string $key ): string {
		global $wpdb;
		return (string) $wpdb->get_var( $wpdb->prepare( "SELECT meta_value FROM {$wpdb->usermeta} WHERE user_id = %d AND meta_key = %s", $this->doctor, $key ) );
	}

	/**
	 * One server-to-server app for the clinic.
	 */
	protected function share_account( string $doctors = 'choice' ): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => 'a', 'client_id' => 'c', 'client_secret' => 'hunter2', 'doctors' => $doctors ) );
	}

	private function doctor(): int {
		$user = get_user_by( 'login', 'kct_test_doctor' );
		$id   = $user ? $user->ID : wp_insert_user(
			array(
				'user_login' => 'kct_test_doctor',
				'user_pass'  => wp_generate_password(),
				'user_email' => 'doctor@clinic.example',
			)
		);
		$this->assertIsInt( $id );
		return $id;
	}

	private function wipe(): void {
		global $wpdb;
		foreach ( array( Schema::ZOOM_MAPPINGS, Schema::MEET_MAPPINGS, Schema::OPERATIONS, Schema::CALENDARS, Schema::NOTED, Schema::CONNECTIONS, Schema::AUDIT, Schema::ZOOM_USERS ) as $table ) {
			$wpdb->query( "DELETE FROM {$wpdb->prefix}{$table}" );
		}
		$wpdb->delete( $wpdb->prefix . 'kc_appointments', array( 'patient_id' => self::PATIENT ) );
		$wpdb->delete( $wpdb->prefix . 'kc_service_doctor_mapping', array( 'service_id' => self::SERVICE ) );
		$wpdb->delete( $wpdb->prefix . 'kc_appointment_service_mapping', array( 'service_id' => self::SERVICE ) );
		delete_option( Settings::OPTION );
		delete_option( Settings::SHARED_STATUS );
		delete_option( GoogleSettings::OPTION );
		foreach ( array( DoctorConnections::ZOOM_TOKENS, DoctorConnections::ZOOM_CONNECT, DoctorConnections::ZOOM_SHARED, DoctorConnections::ZOOM_USER, DoctorConnections::MEET_CONNECT, DoctorConnections::MEET_TOKENS, DoctorConnections::MEET_IDENTITY, DoctorConnections::ZOOM_IDENTITY, DoctorConnections::PROVIDER, 'timezone' ) as $key ) {
			delete_user_meta( $this->doctor, $key );
		}
	}
}
