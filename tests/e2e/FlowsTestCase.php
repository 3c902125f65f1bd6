<?php

declare(strict_types=1);

/**
 * Every way an appointment can go (contract §3.1), and what the provider ends up with.
 *
 * What KiviCare does without a REST route, or behind a payment gateway that is not here, is done inside the site with
 * KiviCare's own model, hooks and transaction boundaries.
 */
abstract class FlowsTestCase extends SiteTestCase {

	private Browser $admin;

	/**
	 * Who serves the doctors now.
	 */
	private static string $served = '';

	protected function setUp(): void {
		parent::setUp();
		$this->admin = $this->site->login( 'admin' );
		if ( self::$served !== $this->provider() ) {
			self::$served = $this->provider();
			$this->side->serve_doctors();
		}
	}

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	public function test_booking_by_staff(): void {
		$answer = $this->site->login( 'receptionist' )->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$this->expect_meetings( self::id( $answer ), 1 );
	}

	public function test_the_audit_log_says_who_led_to_what(): void {
		$id    = self::id( $this->book() );
		$other = self::slot();
		$this->reschedule( $id, array_intersect_key( $this->site->booking( $other ), array_flip( array( 'appointmentStartDate', 'appointmentStartTime' ) ) ) );
		$this->eventually( fn(): bool => 2 === count( $this->audited( $id ) ), 'the move is recorded' );
		$this->set_status( $id, 0 );
		$this->expect_meetings( $id, 0 );
		$this->eventually( fn(): bool => 3 === count( $this->audited( $id ) ), 'the end is recorded' );

		$admin = (int) $this->site->rows( "SELECT ID FROM wp_users WHERE user_login = 'admin'" )[0]['ID'];
		self::assertSame(
			array(
				array( (int) $this->site->seed['patient_id'], 'meeting_made', $this->provider(), '/kivicare/v1/appointments' ),
				array( $admin, 'meeting_changed', $this->provider(), "/kivicare/v1/appointments/$id" ),
				array( $admin, 'meeting_cancelled', $this->provider(), "/kivicare/v1/appointments/$id/status" ),
			),
			$this->audited( $id )
		);
	}

	/**
	 * @return list<array{int, string, string, string}> Actor, action, provider and detail, oldest first.
	 */
	private function audited( int $id ): array {
		$rows = $this->site->rows( 'SELECT actor_id, action, provider, detail FROM wp_kc_telemed_audit WHERE appointment_id = ? ORDER BY id', array( $id ) );
		return array_map( static fn( array $row ): array => array( (int) $row['actor_id'], $row['action'], $row['provider'], $row['detail'] ), $rows );
	}

	public function test_a_staff_booking_without_status_has_no_meeting_until_it_is_booked(): void {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', array( 'status' => 0 ) + $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$this->expect_meetings( self::id( $answer ), 0 );
		$this->set_status( self::id( $answer ), 1 );
		$this->expect_meetings( self::id( $answer ), 1 );
	}

	public function test_pay_later_becomes_booked_inside_the_transaction(): void {
		$id = $this->pending();
		$this->in_transaction( $id, 'App\models\KCAppointment::find( $id )->update( array( "status" => 1 ) ); do_action( "kc_appointment_status_update", $id, 1, App\models\KCAppointment::find( $id ) ); do_action( "kivicare_before_payment_processed", $id, array( "status" => "pending" ) );' );
		$this->expect_meetings( $id, 1 );
	}

	public function test_woocommerce_paid_on_hold_and_cancelled(): void {
		$id = $this->pending();
		$this->woocommerce( $id, 1 );
		$this->expect_meetings( $id, 1 );
		$link = $this->mappings( $id )[0]['join_url'];
		$this->woocommerce( $id, 2 );
		$this->expect_meetings( $id, 1 );
		self::assertSame( $link, $this->mappings( $id )[0]['join_url'], 'waiting for payment again changes no link' );
		$this->woocommerce( $id, 0 );
		$this->expect_meetings( $id, 0 );
	}

	public function test_payment_success_loaded_twice_makes_one_meeting(): void {
		$id   = $this->pending();
		$code = 'App\models\KCAppointment::find( $id )->update( array( "status" => 1 ) );'
			. 'App\baseClasses\KCTelemedFactory::get_provider_by_doctor_id( ' . $this->site->seed['doctor_id'] . ' )->create_meeting( array( "topic" => "", "start_time" => "2031-01-01 00:00:00", "timezone" => "+05:30", "duration" => 30.0, "appointment_id" => $id, "doctor_id" => ' . $this->site->seed['doctor_id'] . ' ) );'
			. 'do_action( "kc_appointment_payment_completed", $id, array() );';
		$this->in_transaction( $id, $code );
		$this->in_transaction( $id, $code );
		$this->expect_meetings( $id, 1 );
	}

	public function test_payment_cancelled(): void {
		$id = $this->booked();
		$this->in_site( $id, 'App\models\KCAppointment::find( $id )->update( array( "status" => 0 ) ); do_action( "kc_appointment_payment_cancelled", $id );' );
		$this->expect_meetings( $id, 0 );
	}

	/**
	 * @dataProvider moves
	 */
	public function test_a_rescheduled_visit_moves_at_the_provider( string $date, string $time, string $zone, string $utc ): void {
		$id      = $this->booked();
		$link    = $this->mappings( $id )[0]['join_url'];
		$updates = $this->provider_calls()[ $this->side->update ] ?? 0;
		$this->reschedule( $id, array( 'appointmentStartDate' => $date, 'appointmentStartTime' => $time, 'timezone' => $zone ) );
		$this->eventually( fn(): bool => $utc === $this->meeting_of( $id )['start'], "start $utc" );
		self::assertSame( $link, $this->mappings( $id )[0]['join_url'] );
		self::assertSame( $updates + 1, $this->provider_calls()[ $this->side->update ] );
		self::assertSame( $utc, json_decode( $this->mappings( $id )[0]['extra'], true )['start_time'] );
		// Another run may want the same hour.
		$this->set_status( $id, 0 );
	}

	/**
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function moves(): array {
		return array(
			'another hour'                     => array( '2032-03-02', '11:00', 'Asia/Kolkata', '2032-03-02T05:30:00Z' ),
			'before the clocks change in NY'   => array( '2032-03-13', '09:00', 'America/New_York', '2032-03-13T14:00:00Z' ),
			'after the clocks change in NY'    => array( '2032-03-14', '09:00', 'America/New_York', '2032-03-14T13:00:00Z' ),
			'around midnight, another UTC day' => array( '2032-04-01', '23:30', 'America/New_York', '2032-04-02T03:30:00Z' ),
		);
	}

	public function test_an_edit_can_carry_a_status(): void {
		$id = $this->pending();
		$this->reschedule( $id, array( 'status' => 1 ) );
		$this->expect_meetings( $id, 1 );
		$this->reschedule( $id, array( 'status' => 0 ) );
		$this->expect_meetings( $id, 0 );
	}

	public function test_an_edit_that_changes_nothing_asks_the_provider_nothing(): void {
		$id = $this->booked();
		$this->quiet();
		$calls = $this->provider_calls();
		$this->reschedule( $id, array() );
		$this->quiet();
		self::assertSame( $calls, $this->provider_calls() );
	}

	public function test_cancel_rebook_check_in_and_check_out(): void {
		$id = $this->booked();
		$this->set_status( $id, 0 );
		$this->expect_meetings( $id, 0 );
		$this->set_status( $id, 1 );
		$this->expect_meetings( $id, 1 );
		$link = $this->mappings( $id )[0]['join_url'];
		$this->set_status( $id, 4 );
		$this->set_status( $id, 3 );
		$this->expect_meetings( $id, 1 );
		self::assertSame( $link, $this->mappings( $id )[0]['join_url'] );
	}

	public function test_the_daily_close_of_past_visits_calls_nobody(): void {
		$ids = array( $this->booked(), $this->booked(), $this->booked() );
		$this->quiet();
		foreach ( $ids as $id ) {
			$this->site->rows( "UPDATE wp_kc_appointments SET appointment_start_date = '2021-03-01', appointment_end_date = '2021-03-01' WHERE id = ?", array( $id ) );
			$this->site->rows( "UPDATE {$this->side->table} SET extra = JSON_SET(extra, '$.start_time', '2021-03-01T03:30:00Z') WHERE appointment_id = ?", array( $id ) );
		}
		// Leftovers of other tests shall not be counted.
		$this->site->sweep();
		$calls = $this->provider_calls();
		$this->site->php( 'do_action( "kc_appointment_auto_close" );' );
		self::assertSame( '0', (string) $this->site->rows( 'SELECT status FROM wp_kc_appointments WHERE id = ?', array( $ids[0] ) )[0]['status'] );
		$this->site->sweep();
		self::assertSame( $calls, $this->provider_calls() );
	}

	public function test_payment_verify_cancels_without_a_hook_and_the_sweep_notices(): void {
		$id = $this->booked();
		$this->woocommerce( $id, 2 );
		$answer = $this->patient->rest( 'POST', 'kivicare/v1/appointments/payment-verify', array( 'payment_status' => 'failed', 'payment_id' => 'x', 'appointment_id' => $id ) );
		$this->keep( $answer );
		self::assertSame( '0', (string) $this->site->rows( 'SELECT status FROM wp_kc_appointments WHERE id = ?', array( $id ) )[0]['status'], $answer['body'] );
		$this->site->sweep();
		$this->expect_meetings( $id, 0 );
	}

	public function test_delete_and_bulk_delete(): void {
		$id = $this->booked();
		self::assertSame( 200, $this->admin->rest( 'DELETE', "kivicare/v1/appointments/$id" )['status'] );
		$this->expect_meetings( $id, 0 );
		$ids    = array( $this->booked(), $this->booked() );
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments/bulk/delete', array( 'ids' => $ids ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		$this->expect_meetings( $ids[0], 0 );
		$this->expect_meetings( $ids[1], 0 );
	}

	public function test_a_deleted_patient_leaves_no_meeting(): void {
		$patient = (int) $this->make( '$id = kct_user( "gone" . wp_rand(), "kiviCare_patient" ); kct_insert( "kc_patient_clinic_mappings", array( "patient_id" => $id, "clinic_id" => ' . $this->site->seed['clinic_id'] . ' ) ); echo $id;' );
		$id      = $this->booked( array( 'patientId' => $patient ) );
		$answer  = $this->admin->rest( 'DELETE', "kivicare/v1/patients/$patient" );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		$this->expect_meetings( $id, 0 );
	}

	public function test_a_deleted_clinic_leaves_no_meeting(): void {
		$doctor = (int) $this->site->seed['other_doctor_id'];
		$clinic = (int) $this->make( '$clinic = kct_clinic( "Short-lived", 1 ); kct_doctor( ' . $doctor . ', $clinic, ' . $this->site->seed['service_id'] . ', "America/New_York" ); echo $clinic;' );
		$id     = $this->booked( array( 'doctorId' => $doctor, 'serviceId' => array( $this->site->seed['other_mapping_id'] ) ) );
		// KiviCare without its Pro version books into the first clinic only.
		$this->site->rows( 'UPDATE wp_kc_appointments SET clinic_id = ? WHERE id = ?', array( $clinic, $id ) );
		// Deleting clinics is a part of the Pro version; the free one has the code behind it, with these steps.
		$this->in_transaction( $id, 'App\models\KCAppointment::find( $id )->delete();' );
		$this->site->php( "do_action( 'kc_clinic_delete', $clinic );" );
		$this->expect_meetings( $id, 0 );
	}

	public function test_a_deleted_doctor_leaves_no_meeting_and_no_connection(): void {
		list( $doctor, $offer, $email ) = json_decode( $this->make( '$id = kct_user( "short" . wp_rand(), "kiviCare_doctor" ); echo json_encode( array( $id, kct_doctor( $id, ' . $this->site->seed['clinic_id'] . ', ' . $this->site->seed['service_id'] . ', "UTC" ), get_userdata( $id )->user_email ) );' ), true );
		$this->side->connect( $doctor, $email );
		$ids     = array(
			$this->booked( array( 'doctorId' => $doctor, 'serviceId' => array( $offer ) ) ),
			$this->booked( array( 'doctorId' => $doctor, 'serviceId' => array( $offer ) ) ),
		);
		$revokes = $this->provider_calls()[ $this->side->revoke ] ?? 0;
		$answer  = $this->admin->rest( 'DELETE', "kivicare/v1/doctors/$doctor" );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		$this->expect_meetings( $ids[0], 0 );
		$this->expect_meetings( $ids[1], 0 );
		self::assertSame( $revokes + 1, $this->provider_calls()[ $this->side->revoke ] );
		self::assertSame( array(), $this->site->rows( 'SELECT doctor_id FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $doctor ) ) );
		self::assertSame( array(), $this->site->rows( 'SELECT umeta_id FROM wp_usermeta WHERE user_id = ?', array( $doctor ) ) );
	}

	public function test_a_doctor_who_switches_the_provider_takes_the_visits_along(): void {
		$id    = $this->booked();
		$other = $this->side->other();
		$other->take_over();
		$this->sweep_until_settled();
		$this->expect_meetings( $id, 0 );
		self::assertCount( 1, $other->mappings( $id ) );
		self::assertContains( $other->mappings( $id )[0]['meeting_id'], array_column( $other->live(), 'id' ) );
		$this->side->take_over();
		$this->sweep_until_settled();
		$this->expect_meetings( $id, 1 );
		self::assertSame( array(), $other->mappings( $id ) );
	}

	/**
	 * A doctor's many visits of other tests move too; what does not fit into one request follows.
	 */
	private function sweep_until_settled(): void {
		for ( $i = 0; $i < 5; $i++ ) {
			$this->site->run_queue();
			$this->site->sweep();
		}
	}

	public function test_regenerate_updates_and_never_duplicates_and_ignores_its_now(): void {
		$id     = $this->booked();
		$before = $this->meeting_of( $id );
		$doctor = $this->site->login( 'doctor' );
		for ( $i = 0; $i < 2; $i++ ) {
			$answer = $doctor->rest( 'GET', "kivicare/v1/appointments/$id/regenerate-video-conference" );
			$this->keep( $answer );
			self::assertSame( 200, $answer['status'], $answer['body'] );
		}
		$this->expect_meetings( $id, 1 );
		self::assertSame( $before, $this->meeting_of( $id ) );
	}

	public function test_a_move_whose_process_was_killed_is_made_up_for(): void {
		$id = $this->booked();
		// The row changes and nobody is told.
		$this->site->rows( "UPDATE wp_kc_appointments SET appointment_start_time = ADDTIME(appointment_start_time, '00:05:00'), appointment_end_time = ADDTIME(appointment_end_time, '00:05:00') WHERE id = ?", array( $id ) );
		$before = new DateTimeImmutable( $this->meeting_of( $id )['start'] );
		$this->site->sweep();
		self::assertEquals( $before->modify( '+5 minutes' ), new DateTimeImmutable( $this->meeting_of( $id )['start'] ) );
	}

	public function test_a_booking_that_is_rolled_back_leaves_no_meeting(): void {
		touch( $this->site->run . '/fail-after-create' );
		$live = count( $this->side->live() );
		self::assertSame( 500, $this->book()['status'] );
		$this->eventually( fn(): bool => count( $this->side->live() ) === $live, 'the orphan is gone' );
	}

	public function test_a_cancel_while_the_provider_is_down_is_made_up_for(): void {
		$id = $this->booked();
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'DELETE' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		$this->set_status( $id, 0 );
		$this->eventually( fn(): bool => array( 'pending' ) === array_column( array_filter( $this->operations( $id ), static fn( array $o ): bool => 'cancel' === $o['kind'] ), 'state' ) || count( $this->operations( $id ) ) > 1, 'the cancel waits' );
		$this->eventually( fn(): bool => 'pending' === end( ...array( $this->operations( $id ) ) )['state'], 'pending' );
		self::assertSame( 1, $this->meetings_of( $id ) );
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->site->rows( 'UPDATE wp_kc_telemed_operations SET resume_at = UTC_TIMESTAMP() WHERE appointment_id = ? AND state = ?', array( $id, 'pending' ) );
		$this->site->sweep();
		$this->expect_meetings( $id, 0 );
	}

	/**
	 * @param array<string, mixed> $differs Fields of the booking that differ.
	 */
	private function booked( array $differs = array() ): int {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $differs + $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		self::assertSame( 1, $this->meetings_of( self::id( $answer ) ) );
		return self::id( $answer );
	}

	private function pending(): int {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', array( 'status' => 2 ) + $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$this->expect_meetings( self::id( $answer ), 0 );
		return self::id( $answer );
	}

	private function set_status( int $id, int $status ): void {
		$answer = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => $status ) );
		$this->keep( $answer );
		self::assertSame( 200, $answer['status'], $answer['body'] );
	}

	/**
	 * @param array<string, mixed> $changes Fields that change.
	 */
	private function reschedule( int $id, array $changes ): void {
		$answer = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id", $this->edit( $id, $changes ) );
		$this->keep( $answer );
		self::assertSame( 200, $answer['status'], $answer['body'] );
	}

	private function woocommerce( int $id, int $status ): void {
		// The id is text there.
		$this->in_site( $id, '$visit = App\models\KCAppointment::find( $id ); $visit->update( array( "status" => ' . $status . ' ) ); do_action( "kc_appointment_status_update", (string) $id, ' . $status . ', $visit );' );
	}

	private function in_site( int $id, string $code ): void {
		$this->site->php( "\$id = $id; $code" );
	}

	private function in_transaction( int $id, string $code ): void {
		$this->in_site( $id, 'global $wpdb; $wpdb->query( "START TRANSACTION" ); ' . $code . ' $wpdb->query( "COMMIT" );' );
	}

	private function make( string $code ): string {
		return $this->site->php( 'require ' . var_export( dirname( __DIR__ ) . '/site/seed-lib.php', true ) . '; ' . $code );
	}
}
