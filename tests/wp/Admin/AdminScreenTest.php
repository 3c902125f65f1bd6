<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Admin;

use KiviCare\Telemed\Admin\Advice;
use KiviCare\Telemed\Admin\CauseNotice;
use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\Config\SealedOption;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Mail\CauseBook;
use KiviCare\Telemed\Rest\AdminDoctorsController;
use KiviCare\Telemed\Rest\AdminOverviewController;
use KiviCare\Telemed\Rest\AdminRepairController;
use KiviCare\Telemed\Rest\AdminZoomSettingsController;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What the administrator's screen asks for and what it may change. Who may ask is in tests/e2e/RolesTest.php.
 */
final class AdminScreenTest extends TestCase {

	private Journal $journal;

	protected function setUp(): void {
		global $wpdb;
		parent::setUp();
		$this->journal = new Journal();
		get_user_by( 'id', $this->doctor )->add_role( 'kiviCare_doctor' );
		wp_set_current_user( 1 );
	}

	protected function tearDown(): void {
		global $wpdb;
		$wpdb->delete( $wpdb->prefix . 'kc_clinics', array( 'clinic_admin_id' => $this->doctor ) );
		$wpdb->delete( $wpdb->prefix . 'kc_doctor_clinic_mappings', array( 'clinic_id' => self::CLINIC ) );
		( new CauseBook() )->close( $this->doctor );
		get_user_by( 'id', $this->doctor )->remove_role( 'kiviCare_doctor' );
		wp_set_current_user( 0 );
		parent::tearDown();
	}

	public function test_there_is_advice_for_every_kind_of_error(): void {
		$this->assertGreaterThan( 15, preg_match_all( '/^\s+Self::\w+ => "(\w+)",$/m', (string) file_get_contents( dirname( __DIR__, 3 ) . '/src/error.rs' ), $kinds ) );
		foreach ( $kinds[1] as $kind ) {
			$this->assertNotSame( '', Advice::of( $kind ), $kind );
		}
		$this->assertSame( '', Advice::of( '' ) );
	}

	public function test_the_queue_is_counted_by_what_it_waits_for(): void {
		$this->operation( 1, 'pending', array( 'resume_at' => '2000-01-01 00:00:00' ) );
		$this->operation( 2, 'pending', array( 'resume_at' => '2099-01-01 00:00:00' ) );
		$this->operation( 3, 'parked' );
		$this->operation( 4, 'failed' );
		$this->operation( 5, 'done' );
		$this->assertSame( array( 'due' => 1, 'waiting' => 1, 'parked' => 1, 'failed' => 1, 'noted' => 0 ), $this->journal->counts() );
		$this->assertEqualsCanonicalizing( array( 1, 2, 3 ), $this->journal->unfinished() );
	}

	public function test_another_try_ends_the_pauses_of_that_appointment_alone(): void {
		$later = array( 'resume_at' => '2099-01-01 00:00:00' );
		$this->operation( 1, 'parked', $later );
		$this->operation( 2, 'parked', $later );
		$this->journal->hasten( 1 );
		$this->assertLessThanOrEqual( gmdate( 'Y-m-d H:i:s' ), $this->journal( 1 )[0]['resume_at'] );
		$this->assertSame( '2099-01-01 00:00:00', $this->journal( 2 )[0]['resume_at'] );
	}

	public function test_numbers_of_a_month_by_day_and_provider(): void {
		$this->operation( 1, 'done', array( 'latency_ms' => 100 ) );
		$this->operation( 2, 'done', array( 'latency_ms' => 300 ) );
		$this->operation( 3, 'failed' );
		$this->operation( 4, 'done', array( 'provider' => 'googlemeet', 'kind' => 'cancel' ) );
		$this->operation( 5, 'done', array( 'updated_at' => gmdate( 'Y-m-d H:i:s', time() - 31 * 86400 ) ) );
		$days = $this->journal->statistics( 30 );
		$this->assertCount( 60, $days );
		$today = array_values( array_filter( $days, static fn( array $row ): bool => gmdate( 'Y-m-d' ) === $row['day'] ) );
		$this->assertSame( array( 'made' => 2, 'failed' => 1, 'latency_ms' => 200, 'latency_max_ms' => 300 ), array_slice( $today[0], 2 ) );
		$this->assertSame( array( 'made' => 0, 'failed' => 0, 'latency_ms' => null, 'latency_max_ms' => null ), array_slice( $today[1], 2 ) );
		$this->assertSame( 2, array_sum( array_column( $days, 'made' ) ) );
	}

	public function test_secrets_go_in_and_a_mask_comes_out(): void {
		$form = new AdminZoomSettingsController( $this->plugin->settings(), $this->bridge, $this->plugin->zoom_offers() );
		$sent = array( 'auth_type' => 'server-to-server', 'account_id' => 'a', 'client_id' => 'c', 'client_secret' => 'hunter2' );
		$this->assertSame( SealedOption::MASK, $this->answer( $form->save( $this->request( $sent ) ) )['settings']['client_secret'] );
		$stored = $this->plugin->settings()->zoom()['client_secret'];

		// The form sends an empty secret, or the mask, when nobody typed one.
		foreach ( array( '', SealedOption::MASK ) as $untouched ) {
			$answer = $this->answer( $form->save( $this->request( array( 'client_secret' => $untouched ) + $sent ) ) );
			$this->assertSame( $stored, $this->plugin->settings()->zoom()['client_secret'] );
			$this->assertStringNotContainsString( 'hunter2', (string) wp_json_encode( $answer ) );
			$this->assertStringNotContainsString( $stored, (string) wp_json_encode( $answer ) );
		}
	}

	public function test_a_clinic_admin_reads_the_doctors_of_that_clinic(): void {
		global $wpdb;
		$list = new AdminDoctorsController( fn() => $this->plugin->doctor_list(), $this->plugin->doctors(), $this->plugin->disconnection(), $this->plugin->settings() );
		$all  = $this->answer( $list->show( $this->request( array( 'search' => 'kct_test' ) ) ) );
		$this->assertSame( 1, $all['total'] );

		wp_set_current_user( $this->doctor );
		$this->assertSame( 0, $this->answer( $list->show( $this->request( array() ) ) )['total'] );
		$wpdb->replace( $wpdb->prefix . 'kc_clinics', array( 'id' => self::CLINIC, 'name' => 'Ours', 'clinic_admin_id' => $this->doctor ) );
		$wpdb->insert( $wpdb->prefix . 'kc_doctor_clinic_mappings', array( 'doctor_id' => $this->doctor, 'clinic_id' => self::CLINIC ) );
		$this->assertSame( 1, $this->answer( $list->show( $this->request( array() ) ) )['total'] );
	}

	public function test_a_connection_that_needs_the_doctor_comes_with_advice(): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::CONNECTIONS, array( 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'state' => 'reconnect', 'reason' => 'reauthorize', 'message' => 'm', 'refreshed_at' => 1 ) );
		$list = new AdminDoctorsController( fn() => $this->plugin->doctor_list(), $this->plugin->doctors(), $this->plugin->disconnection(), $this->plugin->settings() );
		$item = $this->answer( $list->show( $this->request( array( 'state' => 'reconnect' ) ) ) )['items'][0];
		$this->assertSame( array( 'reconnect', Advice::of( 'reauthorize' ) ), array( $item['connections']['zoom']['state'], $item['connections']['zoom']['remedy'] ) );
		$this->assertSame( '', $item['connections']['googlemeet']['remedy'] );
	}

	public function test_the_overview_names_open_causes(): void {
		global $wpdb;
		$book = new CauseBook();
		$book->open( 'reauthorize', $this->doctor, 'm' );
		$overview = new AdminOverviewController( fn() => $this->plugin->status(), $this->journal, new CauseNotice( $book ) );
		$name     = get_userdata( $this->doctor )->display_name;
		$causes   = array_filter( $this->answer( $overview->show() )['causes'], static fn( array $cause ): bool => str_contains( $cause['who'], $name ) );
		$this->assertCount( 1, $causes );
		$this->assertStringContainsString( 'must connect again', end( $causes )['what'] );
	}

	public function test_repair_goes_through_all_in_steps(): void {
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"a","refresh_token":"r"}' );
		$ids = array();
		for ( $i = 0; $i < 12; $i++ ) {
			$ids[] = $this->appointment();
			$this->operation( end( $ids ), 'parked', array( 'resume_at' => '2099-01-01 00:00:00' ) );
		}
		$repair = new AdminRepairController( $this->plugin->sweep(), $this->plugin->reconciler(), $this->journal );
		$first  = $this->answer( $repair->step( $this->request( array( 'cursor' => '' ) ) ) );
		$this->assertSame( 10, $first['done'] );
		$this->assertGreaterThanOrEqual( 12, $first['total'] );
		$last = $first;
		// The site may have visits of its own that have no meeting.
		for ( $i = 0; null !== $last['cursor'] && $i <= $first['total']; $i++ ) {
			$last = $this->answer( $repair->step( $this->request( array( 'cursor' => $last['cursor'] ) ) ) );
		}
		$this->assertNull( $last['cursor'] );
		$this->assertSame( $last['total'], $last['done'] );
		foreach ( $ids as $id ) {
			$this->assertLessThanOrEqual( gmdate( 'Y-m-d H:i:s' ), $this->journal( $id )[0]['resume_at'] );
		}
	}

	/**
	 * Writes a journal row.
	 *
	 * @param array<string, mixed> $row Columns that differ.
	 */
	private function operation( int $appointment_id, string $state, array $row = array() ): void {
		global $wpdb;
		$now = gmdate( 'Y-m-d H:i:s' );
		$this->assertSame(
			1,
			$wpdb->insert(
				$wpdb->prefix . Schema::OPERATIONS,
				$row + array( 'appointment_id' => $appointment_id, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => 'create', 'state' => $state, 'marker' => "m$appointment_id", 'created_at' => $now, 'updated_at' => $now )
			),
			$wpdb->last_error
		);
	}

	/**
	 * A request as WordPress hands it over: with the defaults of lists.
	 *
	 * @param array<string, mixed> $params Parameters.
	 */
	private function request( array $params ): \WP_REST_Request {
		$request = new \WP_REST_Request( 'POST', '/' );
		$request->set_body_params( $params );
		return $request;
	}

	/**
	 * @return array<string, mixed>
	 */
	private function answer( mixed $response ): array {
		$this->assertInstanceOf( \WP_REST_Response::class, $response );
		$this->assertSame( 'no-store', $response->get_headers()['Cache-Control'] );
		return (array) $response->get_data();
	}
}
