<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Overview;

use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Overview\Query;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What the lists show, and to whom.
 */
final class OverviewTest extends TestCase {

	private const ADMIN = 990077;

	protected function setUp(): void {
		parent::setUp();
		get_user_by( 'id', $this->doctor )->add_role( 'kiviCare_doctor' );
	}

	protected function tearDown(): void {
		global $wpdb;
		get_user_by( 'id', $this->doctor )->remove_role( 'kiviCare_doctor' );
		$wpdb->delete( $wpdb->prefix . 'kc_clinics', array( 'clinic_admin_id' => self::ADMIN ) );
		$wpdb->delete( $wpdb->prefix . 'kc_doctor_clinic_mappings', array( 'doctor_id' => $this->doctor ) );
		parent::tearDown();
	}

	public function test_a_doctor_is_listed_with_both_connections(): void {
		$this->assertSame( 'not_connected', $this->listed()['connections']['zoom']['state'] );

		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"hunter3"}' );
		$listed = $this->listed();
		$this->assertSame( array( 'zoom', 'own', 'healthy', 'not_connected' ), array( $listed['provider'], $listed['via'], $listed['connections']['zoom']['state'], $listed['connections']['googlemeet']['state'] ) );

		$this->connection( 'zoom', 'reconnect', 'The doctor must connect again.' );
		$listed = $this->listed();
		$this->assertSame( array( 'reconnect', 'The doctor must connect again.', 1700000000 ), array( $listed['connections']['zoom']['state'], $listed['connections']['zoom']['message'], $listed['connections']['zoom']['refreshed_at'] ) );
		$this->assertStringNotContainsString( 'fake', (string) wp_json_encode( $listed ), 'no sealed token either' );
	}

	public function test_doctors_are_found_by_name_and_state(): void {
		$this->connection( 'googlemeet', 'revoked' );
		$lists = $this->plugin->doctor_list();
		$this->assertSame( 1, $lists->page( new Query( search: 'kct_test_doc', state: 'revoked' ) )->total );
		$this->assertSame( 1, $lists->page( new Query( search: 'doctor@clinic', state: 'revoked', provider: 'googlemeet' ) )->total );
		$this->assertSame( 0, $lists->page( new Query( search: 'kct_test_doc', state: 'revoked', provider: 'zoom' ) )->total );
		$this->assertSame( 0, $lists->page( new Query( search: '%nobody' ) )->total );
	}

	public function test_the_number_of_queries_does_not_depend_on_the_rows(): void {
		global $wpdb;
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"a","refresh_token":"r"}' );
		$this->plugin->doctor_list()->page( new Query() );
		$before = $wpdb->num_queries;
		$this->plugin->doctor_list()->page( new Query( per_page: 50 ) );
		$this->assertLessThanOrEqual( 3, $wpdb->num_queries - $before );
	}

	public function test_clinic_admins_see_their_own_clinics_alone(): void {
		global $wpdb;
		$id = $this->appointment();
		$this->operation( $id, 'create', 'pending' );
		$counts = fn(): array => array(
			null === $this->plugin->doctor_list()->find( $this->doctor, self::ADMIN ) ? 0 : 1,
			$this->plugin->meeting_list()->page( new Query( clinic_admin: self::ADMIN ) )->total,
			$this->plugin->operation_list()->page( new Query( clinic_admin: self::ADMIN ) )->total,
		);
		$this->assertSame( array( 0, 0, 0 ), $counts() );

		$wpdb->replace( $wpdb->prefix . 'kc_clinics', array( 'id' => self::CLINIC, 'name' => 'Ours', 'clinic_admin_id' => self::ADMIN ) );
		$wpdb->insert( $wpdb->prefix . 'kc_doctor_clinic_mappings', array( 'doctor_id' => $this->doctor, 'clinic_id' => self::CLINIC ) );
		$this->assertSame( array( 1, 1, 1 ), $counts() );
	}

	public function test_a_meeting_has_the_state_of_its_last_operation(): void {
		$id = $this->appointment();
		$this->mapping( $id );
		$this->operation( $id, 'create', 'done' );
		$meeting = $this->plugin->meeting_list()->of_appointment( $id )[0];
		$this->assertSame( array( 'zoom', '777', 'ready', $this->doctor, 1, '2031-03-05 10:00:00', 'started' ), array( $meeting['provider'], $meeting['meeting_id'], $meeting['state'], $meeting['doctor_id'], $meeting['status'], $meeting['start'], $meeting['live'] ) );
		$this->assertStringNotContainsString( 's3cret', (string) wp_json_encode( $meeting ) );

		$this->operation( $id, 'update', 'parked' );
		$lists = $this->plugin->meeting_list();
		$this->assertSame( 0, $lists->page( new Query( state: 'ready' ) )->total );
		$this->assertSame( 'parked', $lists->page( new Query( state: 'parked', provider: 'zoom', doctor_id: $this->doctor ) )->items[0]['state'] );
		$this->assertSame( array( 0, 0 ), array( $lists->page( new Query( provider: 'googlemeet' ) )->total, $lists->page( new Query( provider: 'other' ) )->total ) );
	}

	public function test_a_visit_that_waits_for_its_meeting_is_listed_once(): void {
		$id = $this->appointment();
		$this->operation( $id, 'create', 'failed' );
		$this->operation( $id, 'create', 'pending' );
		$page = $this->plugin->meeting_list()->page( new Query( when: 'ahead' ) );
		$this->assertSame( array( 1, 'pending', '' ), array( $page->total, $page->items[0]['state'], $page->items[0]['meeting_id'] ) );
	}

	public function test_operations_are_paged_newest_first(): void {
		foreach ( array( 'done', 'pending', 'parked', 'failed' ) as $state ) {
			$this->operation( 5, 'create', $state );
		}
		$lists = $this->plugin->operation_list();
		$page  = $lists->page( new Query( per_page: 3 ) );
		$this->assertSame( array( 4, 2, 'failed' ), array( $page->total, $page->pages(), $page->items[0]['state'] ) );
		$this->assertSame( 'done', $lists->page( ( new Query( per_page: 3 ) )->next() )->items[0]['state'] );
		$this->assertSame( 2, $lists->page( new Query( state: 'unfinished' ) )->total );
		$this->assertSame( array( 'done' => 1, 'failed' => 1, 'parked' => 1, 'pending' => 1 ), $lists->counts() );
	}

	public function test_queries_take_what_they_are_given_for_what_it_is(): void {
		$query = Query::of( array( 'page' => '-3', 'per_page' => '100000', 'state' => array( 'x' ), 'doctor' => '7', 'provider' => ' zoom ' ) );
		$this->assertSame( array( 1, Query::MOST_PER_PAGE, '', 7, 'zoom' ), array( $query->page, $query->per_page, $query->state, $query->doctor_id, $query->provider ) );
	}

	private function listed(): array {
		return $this->plugin->doctor_list()->find( $this->doctor );
	}

	private function connection( string $provider, string $state, string $message = '' ): void {
		global $wpdb;
		$wpdb->replace( $wpdb->prefix . Schema::CONNECTIONS, array( 'doctor_id' => $this->doctor, 'provider' => $provider, 'state' => $state, 'message' => $message, 'refreshed_at' => 1700000000 ) );
	}

	private function mapping( int $id ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'appointment_id' => $id, 'zoom_id' => '777', 'join_url' => 'https://zoom.example/j/777?pwd=s3cret', 'password' => 's3cret', 'extra' => '{"via":"own","status":"started"}', 'ends_at' => '2031-03-05 10:45:00' ) );
	}

	private function operation( int $appointment_id, string $kind, string $state ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => $appointment_id, 'doctor_id' => $this->doctor, 'provider' => 'zoom', 'kind' => $kind, 'state' => $state, 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'created_at' => '2031-01-01 00:00:00', 'updated_at' => '2031-01-01 00:00:00' ) );
	}
}
