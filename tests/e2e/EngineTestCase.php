<?php

declare(strict_types=1);

/**
 * Nothing waits unnoticed: late links are mailed, causes are told once, the sweep finds what no hook told of, connections
 * stay alive. The same for both providers.
 */
abstract class EngineTestCase extends SiteTestCase {

	private Browser $admin;

	private int $doctor_id;

	protected function setUp(): void {
		parent::setUp();
		$this->admin     = $this->site->login( 'admin' );
		$this->doctor_id = (int) $this->site->seed['doctor_id'];
		$this->side->connect( $this->doctor_id, 'doctor@example.test' );
		$this->settle();
		$this->site->run_queue();
	}

	public static function tearDownAfterClass(): void {
		$site = Site::from_environment();
		( new ZoomSide( $site ) )->serve_doctors();
	}

	public function test_a_link_that_comes_late_is_announced_meanwhile_and_mailed_once(): void {
		$this->provider_is_down();
		$id = self::id( $this->book() );
		$this->site->run_queue();
		self::assertSame( array(), $this->mails_about( $id ) );

		$row = $this->listed( $this->patient, $id );
		self::assertTrue( $row['video_consultation'] );
		$late = substr( $row['video_url'], strlen( $this->site->url ) );
		$page = $this->patient->send( 'GET', $late );
		$this->assert_waits( $page, 'Your video visit is being prepared' );
		$this->assert_waits( $this->site->login( 'doctor' )->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$id/start" ), 'The meeting is not ready yet' );
		self::assertSame( array(), $this->site->rows( "SELECT * FROM wp_kc_telemed_audit WHERE action = 'access_refused' AND detail LIKE ?", array( "%/appointments/$id/%" ) ), 'nobody was turned away' );

		$this->site->sandbox( 'DELETE', '/faults' );
		$this->settle();
		$this->settle();
		$this->site->run_queue();
		$this->expect_meetings( $id, 1 );
		$link = $this->mappings( $id )[0]['join_url'];
		$sent = array_filter( $this->site->mails(), static fn( array $mail ): bool => str_contains( html_entity_decode( $mail['message'] ), $link ) );
		$to   = array_column( $sent, 'to' );
		sort( $to );
		self::assertSame( array( 'doctor@example.test', 'patient@example.test' ), $to );
		self::assertSame( 1, preg_match( '/^5; url=' . preg_quote( $this->site->url, '/' ) . '(.+)$/', self::header( $page, 'refresh' ), $again ), $page['headers'] );
		$on = $this->patient->send( 'GET', $again[1] );
		self::assertSame( array( 302, $link ), array( $on['status'], self::header( $on, 'location' ) ), 'the page has led on' );
	}

	/**
	 * @param array{status: int, headers: string, body: string} $page Response.
	 */
	private function assert_waits( array $page, string $says ): void {
		self::assertSame( 200, $page['status'], $page['body'] );
		self::assertStringContainsString( '<h1>' . $says . '</h1>', html_entity_decode( $page['body'], ENT_QUOTES ) );
		self::assertStringStartsWith( '5; url=', self::header( $page, 'refresh' ) );
		self::assertSame( 'noindex, nofollow', self::header( $page, 'x-robots-tag' ) );
	}

	public function test_a_cause_is_told_once_and_ends_with_the_next_connection(): void {
		$this->end_connection();
		$before = count( $this->site->mails() );
		$ids    = array( self::id( $this->book() ), self::id( $this->book() ), self::id( $this->book() ) );
		$told   = fn(): array => array_column( array_filter( array_slice( $this->site->mails(), $before ), static fn( array $mail ): bool => str_contains( $mail['subject'], 'wait for their links' ) ), 'to' );
		$this->eventually( fn(): bool => 2 <= count( $told() ), 'two mails' );
		$this->settle();
		self::assertCount( 2, $told(), 'doctor and administrator, once' );
		self::assertContains( 'doctor@example.test', $told() );

		$notices = html_entity_decode( $this->admin->send( 'GET', '/wp-admin/index.php' )['body'], ENT_QUOTES );
		self::assertStringContainsString( 'must connect again', $notices );
		$config = $this->site->login( 'doctor' )->rest( 'GET', "kivicare/v1/settings/{$this->side->route}/doctor-config" )['json'];
		'zoom' === $this->provider() && self::assertContains( $config['data']['auth_type'], array( 'oauth', 'server-to-server' ) );
		if ( 'server-to-server' !== ( $config['data']['auth_type'] ?? '' ) ) {
			self::assertSame( array( false, 'needs_reconnect' ), array( $config['data']['is_connected'], $config['data']['connection_status'] ) );
			self::assertStringContainsString( 'connect again', $config['message'] );
		}

		$this->side->connect( $this->doctor_id, 'doctor@example.test' );
		foreach ( $ids as $id ) {
			$this->expect_meetings( $id, 1 );
		}
		self::assertStringNotContainsString( 'wait for their links', $this->admin->send( 'GET', '/wp-admin/index.php' )['body'] );
		$this->end_connection();
		$this->book();
		$this->eventually( fn(): bool => 4 === count( $told() ), 'told anew' );
	}

	public function test_the_sweep_counts_by_cause_changes_nothing_when_dry_and_mends_all(): void {
		$ids = array_map( fn(): int => self::id( $this->book() ), range( 1, 4 ) );
		$this->settle();
		list( $moved, $cancelled, $missing, $gone ) = $ids;
		$this->site->rows( "UPDATE wp_kc_appointments SET appointment_start_time = ADDTIME(appointment_start_time, '00:05:00') WHERE id = ?", array( $moved ) );
		$this->site->rows( 'UPDATE wp_kc_appointments SET status = 0 WHERE id = ?', array( $cancelled ) );
		$this->site->rows( "DELETE FROM {$this->side->table} WHERE appointment_id = ?", array( $missing ) );
		$this->site->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $gone ) );
		$calls  = $this->provider_calls();
		$report = json_decode( $this->site->php( 'echo json_encode( KiviCare\Telemed\Plugin::instance()->sweep()->report() );' ), true );
		self::assertContains( $moved, $report['moved'] );
		self::assertContains( $cancelled, $report['cancelled'] );
		self::assertContains( $missing, $report['missing'] );
		self::assertContains( $gone, $report['gone'] );
		self::assertSame( $calls, $this->provider_calls(), 'a dry run asks nobody' );
		$this->site->sweep();
		$report = json_decode( $this->site->php( 'echo json_encode( KiviCare\Telemed\Plugin::instance()->sweep()->report() );' ), true );
		self::assertSame( array(), array_intersect( $ids, array_merge( ...array_values( $report ) ) ) );
		$row = $this->site->rows( 'SELECT * FROM wp_kc_appointments WHERE id = ?', array( $moved ) )[0];
		self::assertSame( ( new DateTimeImmutable( "{$row['appointment_start_date']} {$row['appointment_start_time']}", new DateTimeZone( $row['appointment_timezone'] ) ) )->setTimezone( new DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' ), $this->meeting_of( $moved )['start'] );
		$this->expect_meetings( $cancelled, 0 );
		self::assertCount( 1, $this->mappings( $missing ) );
		$this->expect_meetings( $gone, 0 );
	}

	public function test_the_next_run_is_planned_for_when_an_operation_becomes_due(): void {
		// Nobody runs the cron of this site.
		$this->site->php( 'wp_clear_scheduled_hook( "kivicare_telemed_work" ); function_exists( "as_unschedule_all_actions" ) && as_unschedule_all_actions( "kivicare_telemed_work" );' );
		$this->provider_is_down();
		$began = time();
		$id    = self::id( $this->book() );
		$this->eventually( fn(): bool => null !== $this->operations( $id )[0]['resume_at'], 'it waits' );
		$planned = (int) $this->site->php( 'echo function_exists( "as_next_scheduled_action" ) ? as_next_scheduled_action( "kivicare_telemed_work", array(), "kivicare-telemed" ) : wp_next_scheduled( "kivicare_telemed_work" );' );
		self::assertGreaterThan( $began - 5, $planned );
		self::assertLessThanOrEqual( strtotime( $this->operations( $id )[0]['resume_at'] . ' UTC' ) + 5, $planned );
		$this->site->sandbox( 'DELETE', '/faults' );
		$this->let_time_pass();
		$this->site->php( 'do_action( "kivicare_telemed_work" );' );
		$this->expect_meetings( $id, 1 );
	}

	public function test_a_connection_nobody_uses_is_renewed_in_time(): void {
		$refreshes = fn(): int => (int) ( $this->provider_calls()[ $this->side->refresh ] ?? 0 );
		$row       = fn(): array => $this->site->rows( 'SELECT * FROM wp_kc_telemed_connections WHERE doctor_id = ? AND provider = ?', array( $this->doctor_id, $this->provider() ) )[0];
		self::assertSame( 'healthy', $row()['state'] );
		$before = $refreshes();
		$this->site->sweep();
		self::assertSame( $before, $refreshes(), 'not due yet' );
		$this->site->rows( 'UPDATE wp_kc_telemed_connections SET due_at = 0 WHERE doctor_id = ? AND provider = ?', array( $this->doctor_id, $this->provider() ) );
		$this->site->sweep();
		self::assertSame( $before + 1, $refreshes() );
		self::assertEqualsWithDelta( time() + 7 * 86400, (int) $row()['due_at'], 2 * 86400 );
		self::assertSame( 1, $this->meetings_of( self::id( $this->book() ) ) );
	}

	private function settle(): void {
		$this->let_time_pass();
		$this->site->sweep();
	}

	private function provider_is_down(): void {
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'path_contains' => 'googlemeet' === $this->provider() ? '/calendar/' : '/v2/' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
	}

	/**
	 * The provider forgets every grant of the doctor.
	 */
	abstract protected function end_connection(): void;

	/**
	 * @return list<array<string, string>>
	 */
	private function mails_about( int $id ): array {
		$links = array_column( $this->mappings( $id ), 'join_url' );
		return array_values( array_filter( $this->site->mails(), static fn( array $mail ): bool => array() !== array_filter( $links, static fn( string $link ): bool => str_contains( $mail['message'], $link ) ) ) );
	}

	/**
	 * @return array<string, mixed>
	 */
	private function listed( Browser $who, int $id ): array {
		$answer = $who->rest( 'GET', 'kivicare/v1/appointments?perPage=all' );
		$this->keep( $answer );
		foreach ( $answer['json']['data']['appointments'] as $row ) {
			if ( (int) $row['id'] === $id ) {
				return $row;
			}
		}
		self::fail( "appointment $id is not listed" );
	}
}
