<?php

declare(strict_types=1);

/**
 * Who gets which link, and where it leads.
 */
final class DoorsTest extends SiteTestCase {

	private const PERSONAL = array( 'auth_type' => 'server-to-server', 'personal_links' => 'Yes' );

	protected function tearDown(): void {
		$this->site->save_zoom( array( 'auth_type' => 'server-to-server', 'personal_links' => 'No' ) );
		parent::tearDown();
	}

	public function test_the_host_link_is_made_at_the_click_and_kept_nowhere(): void {
		$id     = self::id( $this->book() );
		$doctor = $this->site->login( 'doctor' );
		$links  = array();
		for ( $i = 0; $i < 2; $i++ ) {
			$answer  = $doctor->send( 'GET', $this->start( $id ) );
			$links[] = self::header( $answer, 'location' );
			self::assertSame( array( 302, '' ), array( $answer['status'], $answer['body'] ) );
			self::assertStringContainsString( 'zak=', $links[ $i ] );
			self::assertStringContainsString( 'no-store', self::header( $answer, 'cache-control' ) );
			self::assertSame( 'no-referrer', self::header( $answer, 'referrer-policy' ) );
		}
		self::assertNotSame( $links[0], $links[1], 'a fresh link for every click' );
		$row = $this->mappings( $id )[0];
		self::assertStringNotContainsString( 'zak', json_encode( $row ) );
		self::assertNotEmpty( json_decode( $row['extra'], true )['opened_at'], 'the click is noted' );
	}

	public function test_the_audit_log_says_who_opened_and_who_was_turned_away(): void {
		$id = self::id( $this->book() );
		self::assertSame( 302, $this->site->login( 'doctor' )->send( 'GET', $this->start( $id ) )['status'] );
		self::assertSame( 403, $this->patient->send( 'GET', $this->start( $id ) )['status'] );
		self::assertSame( 403, $this->patient->send( 'GET', "/wp-json/kivicare-telemed/v1/appointments/$id/join?key=forged" )['status'] );

		$opened = $this->site->rows( "SELECT actor_id, doctor_id, detail FROM wp_kc_telemed_audit WHERE action = 'host_link_opened' AND appointment_id = ?", array( $id ) );
		self::assertSame( array( array( (int) $this->site->seed['doctor_id'], (int) $this->site->seed['doctor_id'], '' ) ), array_map( static fn( array $row ): array => array( (int) $row['actor_id'], (int) $row['doctor_id'], $row['detail'] ), $opened ) );
		foreach ( array( 'start', 'join' ) as $door ) {
			$refused = $this->site->rows( "SELECT actor_id FROM wp_kc_telemed_audit WHERE action = 'access_refused' AND detail = ?", array( "/kivicare-telemed/v1/appointments/$id/$door" ) );
			self::assertSame( array( (string) $this->site->seed['patient_id'] ), array_map( 'strval', array_column( $refused, 'actor_id' ) ), $door );
		}
	}

	public function test_a_provider_that_is_down_gets_a_page_with_another_try(): void {
		$id = self::id( $this->book() );
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'GET', 'path_contains' => '/v2/meetings/' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		$answer = $this->site->login( 'doctor' )->send( 'GET', $this->start( $id ) );
		$this->keep( $answer );
		self::assertSame( 503, $answer['status'] );
		self::assertSame( '', self::header( $answer, 'location' ) );
		self::assertStringContainsString( $this->start( $id ), $answer['body'] );
		self::assertNotSame( '', self::header( $answer, 'retry-after' ) );
	}

	public function test_a_meeting_deleted_at_zoom_is_offered_anew(): void {
		$id  = self::id( $this->book() );
		$old = $this->mappings( $id )[0]['zoom_id'];
		self::assertSame( 204, $this->site->at_provider( 'DELETE', "/meetings/$old" ) );
		$doctor = $this->site->login( 'doctor' );
		$page   = $doctor->send( 'GET', $this->start( $id ) );
		$this->keep( $page );
		self::assertSame( 404, $page['status'], $page['body'] );
		self::assertSame( 1, preg_match( '/action="([^"]+)".*name="_wpnonce" value="([^"]+)"/s', $page['body'], $form ), $page['body'] );
		$again = $doctor->send( 'POST', substr( html_entity_decode( $form[1] ), strlen( $this->site->url ) ), '_wpnonce=' . $form[2], array( 'Content-Type: application/x-www-form-urlencoded' ) );
		self::assertSame( array( 303, $this->site->url . $this->start( $id ) . '?made=1' ), array( $again['status'], self::header( $again, 'location' ) ), $again['body'] );
		$made = $doctor->send( 'GET', $this->start( $id ) . '?made=1' );
		self::assertSame( array( 200, '0; url=' . $this->site->url . $this->start( $id ) ), array( $made['status'], self::header( $made, 'refresh' ) ), 'no redirect: the policy of the form would stop it' );
		self::assertSame( 302, $doctor->send( 'GET', $this->start( $id ) )['status'] );
		$this->expect_meetings( $id, 1 );
		self::assertNotSame( $old, $this->mappings( $id )[0]['zoom_id'] );
	}

	public function test_a_cancelled_visit_cannot_be_started(): void {
		$id = self::id( $this->book() );
		$this->site->login( 'admin' )->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		self::assertSame( 410, $this->site->login( 'doctor' )->send( 'GET', $this->start( $id ) )['status'] );
	}

	/**
	 * @dataProvider viewers
	 */
	public function test_every_viewer_gets_their_link_in_lists_and_details( string $user, string $link ): void {
		$id       = self::id( $this->book() );
		$row      = $this->mappings( $id )[0];
		$expected = array( 'start' => $row['start_url'], 'join' => $row['join_url'], 'none' => '' )[ $link ];
		$browser  = $this->site->login( $user );
		$answers  = array();
		foreach ( array( "kivicare/v1/appointments/$id", "kivicare/v1/appointments/$id/view" ) as $route ) {
			$answer = $browser->rest( 'GET', $route );
			$this->keep( $answer );
			if ( 200 === $answer['status'] ) {
				$answers[ $route ] = $answer['json']['data'];
			}
		}
		$list = $browser->rest( 'GET', 'kivicare/v1/appointments?perPage=100&orderby=id&order=desc' );
		$this->keep( $list );
		foreach ( $list['json']['data']['appointments'] ?? array() as $item ) {
			if ( (int) $item['id'] === $id ) {
				$answers['list'] = $item;
			}
		}
		self::assertNotSame( array(), $answers );
		foreach ( $answers as $where => $data ) {
			self::assertSame( $expected, $data['video_url'] ?? '', $where );
			self::assertSame( $expected, $data['zoom_data']['startUrl'] ?? '', $where );
			self::assertStringNotContainsString( 'zak=', json_encode( $data ), $where );
			if ( 'join' !== $link ) {
				self::assertStringNotContainsString( $row['zoom_id'], json_encode( $data ), $where );
			}
		}
		if ( in_array( $user, array( 'admin', 'doctor', 'patient' ), true ) ) {
			self::assertArrayHasKey( 'list', $answers );
			self::assertTrue( (bool) $answers['list']['video_consultation'] );
		}
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function viewers(): array {
		return array(
			'the patient'         => array( 'patient', 'join' ),
			'another patient'     => array( 'patient2', 'none' ),
			'the assigned doctor' => array( 'doctor', 'start' ),
			'another doctor'      => array( 'doctor2', 'none' ),
			'receptionist'        => array( 'receptionist', 'none' ),
			'clinic admin'        => array( 'clinicadmin', 'none' ),
			'administrator'       => array( 'admin', 'start' ),
		);
	}

	public function test_a_list_page_costs_one_query_for_all_its_links(): void {
		for ( $i = 0; $i < 12; $i++ ) {
			$this->book();
		}
		$admin = $this->site->login( 'admin' );
		$few   = $admin->rest( 'GET', 'kivicare/v1/appointments?perPage=2' );
		$many  = $admin->rest( 'GET', 'kivicare/v1/appointments?perPage=50' );
		self::assertGreaterThan( 11, count( $many['json']['data']['appointments'] ) );
		self::assertSame( array( '1', '1' ), array( self::header( $few, 'x-mapping-queries' ), self::header( $many, 'x-mapping-queries' ) ) );
		printf( "RESULT list_page_mapping_queries %s queries\n", self::header( $many, 'x-mapping-queries' ) );
	}

	public function test_personal_links_lead_the_right_person_in_at_the_right_time(): void {
		$this->site->save_zoom( self::PERSONAL );
		$id   = self::id( $this->book() );
		$data = $this->patient->rest( 'GET', "kivicare/v1/appointments/$id" )['json']['data'];
		$link = substr( $data['video_url'], strlen( $this->site->url ) );
		self::assertStringContainsString( "/appointments/$id/join", $link );
		self::assertSame( 403, $this->patient->send( 'GET', $link )['status'], 'years before the visit' );

		$this->move_to( $id, '+23 hours' );
		$joined = $this->patient->send( 'GET', $link );
		self::assertSame( array( 302, $this->mappings( $id )[0]['join_url'] ), array( $joined['status'], self::header( $joined, 'location' ) ) );
		self::assertSame( 302, ( new Browser( $this->site->url ) )->send( 'GET', $link )['status'], 'from the mail, not logged in' );
		self::assertSame( 403, $this->site->login( 'patient2' )->send( 'GET', $link )['status'], 'somebody else' );
		self::assertStringEndsWith( '/start', self::header( $this->site->login( 'doctor' )->send( 'GET', $link ), 'location' ) );
		self::assertSame( 403, $this->patient->send( 'GET', substr( $link, 0, -1 ) . ( 'a' === $link[-1] ? 'b' : 'a' ) )['status'], 'forged' );
		self::assertSame( 403, $this->patient->send( 'GET', str_replace( "/$id/", '/' . self::id( $this->book() ) . '/', $link ) )['status'], 'another appointment' );

		$this->move_to( $id, '+25 hours' );
		self::assertSame( 403, $this->patient->send( 'GET', $link )['status'], 'too early' );
		$this->move_to( $id, '-31 minutes' );
		self::assertSame( 410, $this->patient->send( 'GET', $link )['status'], 'over' );
		$this->move_to( $id, '-29 minutes' );
		self::assertSame( 302, $this->patient->send( 'GET', $link )['status'], 'a minute before the end' );

		$this->move_to( $id, '+1 hour' );
		$old = $this->mappings( $id )[0]['zoom_id'];
		$this->site->at_provider( 'DELETE', "/meetings/$old" );
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->reconciler()->run( $id, true );" );
		$after = $this->patient->send( 'GET', $link );
		self::assertSame( array( 302, $this->mappings( $id )[0]['join_url'] ), array( $after['status'], self::header( $after, 'location' ) ), 'the link outlives the meeting' );
		self::assertNotSame( $old, $this->mappings( $id )[0]['zoom_id'] );

		$this->site->login( 'admin' )->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		$this->eventually( fn(): bool => array() === $this->mappings( $id ), 'cancelled' );
		self::assertSame( 410, $this->patient->send( 'GET', $link )['status'], 'revoked' );
	}

	public function test_mails_carry_the_personal_link_where_the_clinic_wants_that(): void {
		$this->site->save_zoom( self::PERSONAL );
		$mails = count( $this->site->mails() );
		$id    = self::id( $this->book() );
		$this->site->run_queue();
		$texts = array_map( static fn( array $mail ): string => html_entity_decode( $mail['message'] ), array_slice( $this->site->mails(), $mails ) );
		self::assertNotSame( array(), array_filter( $texts, static fn( string $text ): bool => str_contains( $text, "/appointments/$id/join" ) ) );
		self::assertSame( array(), array_filter( $texts, fn( string $text ): bool => str_contains( $text, $this->mappings( $id )[0]['join_url'] ) ) );
	}

	/**
	 * Without personal links a link of ours is only there for visits whose meeting is late, and for the patient's own login.
	 */
	public function test_a_late_link_opens_for_the_patient_alone_and_says_what_became_of_the_visit(): void {
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'POST', 'path_contains' => '/meetings' ), 'action' => array( 'type' => 'status', 'code' => 503 ), 'times' => null, 'when' => 'before' ) );
		$id   = self::id( $this->book() );
		$link = substr( $this->patient->rest( 'GET', "kivicare/v1/appointments/$id" )['json']['data']['video_url'], strlen( $this->site->url ) );
		$open = fn( Browser $browser, array $headers = array() ): array => $browser->send( 'GET', $link, null, $headers );
		$nobody = new Browser( $this->site->url );

		self::assertSame( 200, $open( $this->patient )['status'] );
		self::assertSame( 401, $open( $nobody )['status'] );
		self::assertStringContainsString( 'redirect_to=', $open( $nobody )['body'] );
		self::assertSame( 403, $open( $this->site->login( 'patient2' ) )['status'] );
		self::assertSame( 403, $open( $this->site->login( 'receptionist' ) )['status'] );
		self::assertStringEndsWith( '/start', self::header( $open( $this->site->login( 'doctor' ) ), 'location' ) );
		self::assertSame( 403, $this->patient->send( 'GET', substr( $link, 0, -1 ) . ( 'a' === $link[-1] ? 'b' : 'a' ) )['status'], 'forged' );
		self::assertStringStartsWith( '0; url=', self::header( $open( $nobody, array( 'Sec-Fetch-Site: cross-site' ) ), 'refresh' ), 'the login may be there, but not from another site' );
		self::assertSame( '', self::header( $this->patient->send( 'GET', $link . '&try=150' ), 'refresh' ), 'it does not go on for ever' );

		$this->site->rows( "UPDATE wp_kc_telemed_operations SET state = 'parked', reason = 'reauthorize', message = 'connect again', resume_at = NULL WHERE appointment_id = ?", array( $id ) );
		self::assertSame( 200, $open( $this->patient )['status'], 'parked' );
		$host = $this->site->login( 'doctor' )->send( 'GET', $this->start( $id ) );
		self::assertSame( 200, $host['status'] );
		self::assertStringContainsString( 'must connect again', $host['body'] );

		$this->move_to( $id, '-31 minutes' );
		self::assertSame( array( 410, '' ), array( $open( $this->patient )['status'], self::header( $open( $this->patient ), 'refresh' ) ), 'over' );
		$this->move_to( $id, '+1 hour' );
		$this->site->rows( 'UPDATE wp_kc_appointments SET status = 0 WHERE id = ?', array( $id ) );
		self::assertSame( 410, $open( $this->patient )['status'], 'cancelled' );
		$this->site->rows( 'UPDATE wp_kc_appointments SET status = 1 WHERE id = ?', array( $id ) );
		$this->site->rows( 'UPDATE wp_kc_service_doctor_mapping SET telemed_service = ? WHERE id = ?', array( 'no', $this->site->seed['mapping_id'] ) );
		try {
			self::assertSame( 410, $open( $this->patient )['status'], 'not a video visit' );
		} finally {
			$this->site->rows( 'UPDATE wp_kc_service_doctor_mapping SET telemed_service = ? WHERE id = ?', array( 'yes', $this->site->seed['mapping_id'] ) );
		}
		$refused = $this->site->rows( "SELECT actor_id FROM wp_kc_telemed_audit WHERE action = 'access_refused' AND detail = ?", array( "/kivicare-telemed/v1/appointments/$id/join" ) );
		self::assertCount( 3, $refused, 'the other patient, the receptionist and the forged link' );
	}

	/**
	 * While the former provider does not answer, its meeting is still there; the doctor will be in the new one.
	 */
	public function test_a_patient_is_led_to_the_provider_that_the_doctor_has_changed_to(): void {
		$id = self::id( $this->book() );
		$this->site->rows( "INSERT INTO wp_kc_appointment_google_meet_mappings (appointment_id, event_id, url, event_url, extra) VALUES (?, ?, ?, '', '{}')", array( $id, "stale$id", "https://meet.google.com/stale-$id" ) );
		try {
			$zoom = $this->mappings( $id )[0]['join_url'];
			self::assertSame( $zoom, $this->patient->rest( 'GET', "kivicare/v1/appointments/$id" )['json']['data']['video_url'] );
			$list = $this->patient->rest( 'GET', 'kivicare/v1/appointments?perPage=100&orderby=id&order=desc' )['json']['data']['appointments'];
			self::assertSame( array( $zoom ), array_values( array_column( array_filter( $list, static fn( array $item ): bool => (int) $item['id'] === $id ), 'video_url' ) ) );
		} finally {
			$this->site->rows( 'DELETE FROM wp_kc_appointment_google_meet_mappings WHERE appointment_id = ?', array( $id ) );
		}
	}

	/**
	 * Zoom takes its time with the doctor's link while the appointment gets another patient, and with that another meeting.
	 */
	public function test_a_meeting_that_is_replaced_while_the_host_link_is_made_stays_replaced(): void {
		$id     = self::id( $this->book() );
		$old    = $this->mappings( $id )[0]['zoom_id'];
		$doctor = $this->site->login( 'doctor' );
		$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'GET', 'path_contains' => "/v2/meetings/$old" ), 'action' => array( 'type' => 'delay', 'ms' => 8000 ), 'times' => 1, 'when' => 'after' ) );
		$change = function () use ( $id, $old ): void {
			$this->eventually( fn(): bool => array() !== array_filter( $this->site->sandbox( 'GET', '/faults' ), static fn( array $fault ): bool => $fault['hits'] > 0 ), 'Zoom is asked' );
			$this->site->rows( 'UPDATE wp_kc_appointments SET patient_id = ? WHERE id = ?', array( $this->site->seed['other_patient_id'], $id ) );
			$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->reconciler()->run( $id );" );
			self::assertNotSame( array( $old ), array_column( $this->mappings( $id ), 'zoom_id' ), 'another meeting' );
		};
		$answer = $doctor->send_while( 'GET', $this->start( $id ), $change );
		$new    = $this->mappings( $id )[0]['zoom_id'];
		self::assertNotSame( $old, $new, 'the old row was not written back' );
		$this->expect_meetings( $id, 1 );
		self::assertSame( $new, $this->meeting_of( $id )['id'], 'the only live meeting' );
		self::assertSame( 302, $answer['status'], $answer['body'] );
		self::assertStringContainsString( "/s/$new?", self::header( $answer, 'location' ), 'and the doctor is led into it' );
		self::assertNotEmpty( json_decode( $this->mappings( $id )[0]['extra'], true )['opened_at'] );
		self::assertSame( $this->mappings( $id )[0]['join_url'], $this->site->login( 'patient2' )->rest( 'GET', "kivicare/v1/appointments/$id" )['json']['data']['video_url'] );
	}

	/**
	 * Moves the visit's row, as time would.
	 */
	private function move_to( int $id, string $when ): void {
		$start = new DateTimeImmutable( $when, new DateTimeZone( 'Asia/Kolkata' ) );
		$end   = $start->modify( '+30 minutes' );
		$this->site->rows(
			'UPDATE wp_kc_appointments SET appointment_start_date = ?, appointment_start_time = ?, appointment_end_date = ?, appointment_end_time = ?, appointment_timezone = ? WHERE id = ?',
			array( $start->format( 'Y-m-d' ), $start->format( 'H:i:s' ), $end->format( 'Y-m-d' ), $end->format( 'H:i:s' ), 'Asia/Kolkata', $id )
		);
	}

	private function start( int $id ): string {
		return "/wp-json/kivicare-telemed/v1/appointments/$id/start";
	}
}
