<?php

declare(strict_types=1);

/**
 * KiviCare and a doctor's Google calendar agree, whoever changes what, by push and by looking alone.
 */
final class CalendarTest extends SiteTestCase {

	private GoogleSide $google;

	private int $doctor_id;

	protected function provider(): string {
		return 'googlemeet';
	}

	protected function setUp(): void {
		parent::setUp();
		$this->google    = new GoogleSide( $this->site );
		$this->doctor_id = (int) $this->site->seed['doctor_id'];
		$this->push( false );
		$this->google->serve_doctors();
		$this->look();
	}

	protected function tearDown(): void {
		$this->push( false );
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	/**
	 * What a person does => what both sides are to have afterwards: start as booked, and the same link on both.
	 *
	 * @return array<string, array{string, array<string, mixed>, string, bool}> action, details, mail to the doctor, push
	 */
	public static function changes(): array {
		$changes = array(
			'moved'                => array( 'move', array( 'minutes' => 90 ), 'It is back at the time' ),
			'deleted'              => array( 'delete', array(), 'The meeting is there again' ),
			'conference removed'   => array( 'unlink', array(), '' ),
			'another link'         => array( 'relink', array(), '' ),
			'the patient accepts'  => array( 'respond', array( 'response' => 'accepted' ), '' ),
			'the patient declines' => array( 'respond', array( 'response' => 'declined' ), '' ),
		);
		$table   = array();
		foreach ( $changes as $name => $change ) {
			$table[ "$name, push" ]          = array( ...$change, true );
			$table[ "$name, the push lost" ] = array( ...$change, false );
		}
		return $table;
	}

	/**
	 * @dataProvider changes
	 * @param array<string, mixed> $more Details.
	 */
	public function test_both_sides_agree_after_a_change( string $action, array $more, string $mail, bool $push ): void {
		$id     = self::id( $this->book() );
		$before = $this->meeting_of( $id );
		$this->look();
		$etag = $this->extra( $id )['etag'];
		$this->push( $push );
		$this->google->act( $action, $before['id'], $more );
		$push || $this->look();
		$this->eventually( fn(): bool => $etag !== $this->extra( $id )['etag'], 'the change was noticed' );
		$this->quiet();
		$after = $this->meeting_of( $id );
		self::assertSame( array( $before['id'], $before['start'] ), array( $after['id'], $after['start'] ), 'KiviCare owns time and existence' );
		self::assertNotSame( '', $after['link'] );
		self::assertSame( $after['link'], $this->mappings( $id )[0]['join_url'], 'the link follows Google' );
		self::assertSame( $more['response'] ?? '', $this->extra( $id )['answer'] ?? '' );
		$told = array_filter( $this->site->mails(), static fn( array $sent ): bool => str_contains( $sent['subject'], "#$id" ) );
		'' === $mail ? self::assertSame( array(), $told ) : self::assertStringContainsString( $mail, end( $told )['message'] );

		// What was written here comes back as no news.
		$calls = $this->writes();
		$this->look();
		$this->look();
		self::assertSame( $calls, $this->writes(), 'no ping-pong' );
	}

	public function test_push_messages_need_the_secret(): void {
		$calendar = $this->site->rows( 'SELECT * FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $this->doctor_id ) )[0];
		self::assertNotSame( '', $calendar['channel_id'] );
		$secrets = $this->site->sandbox( 'GET', '/secrets' )['channel_token'];
		$secrets = array_filter( $secrets, static fn( string $secret ): bool => hash( 'sha256', $secret ) === $calendar['channel_hash'] );
		self::assertCount( 1, $secrets );
		self::assertStringNotContainsString( end( $secrets ), json_encode( $calendar ), 'the secret itself is kept nowhere' );
		$nobody = new Browser( $this->site->url );
		foreach ( array( '' => 401, 'wrong' => 401, end( $secrets ) => 200 ) as $token => $status ) {
			$answer = $nobody->send( 'POST', '/wp-json/kivicare-telemed/v1/webhooks/google', '', array( 'X-Goog-Channel-ID: ' . $calendar['channel_id'], 'X-Goog-Channel-Token: ' . $token, 'X-Goog-Resource-State: sync' ) );
			self::assertSame( $status, $answer['status'], (string) $token );
		}
	}

	public function test_disconnecting_stops_the_channel_and_asks_google_nothing_more(): void {
		$channel = $this->site->rows( 'SELECT channel_id FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $this->doctor_id ) )[0]['channel_id'];
		self::assertContains( $channel, $this->channels() );
		$doctor = $this->site->login( 'doctor' );
		$doctor->rest( 'GET', 'kivicare/v1/settings/googlemeet/disconnect' );
		self::assertNotContains( $channel, $this->channels() );
		self::assertSame( array(), $this->site->rows( 'SELECT * FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $this->doctor_id ) ) );
		$calls = $this->provider_calls();
		$this->site->php( 'do_action( "kivicare_telemed_sweep" );' );
		self::assertSame( $calls, $this->provider_calls() );
	}

	public function test_a_sync_token_google_takes_no_more_misses_nothing(): void {
		$id = self::id( $this->book() );
		$this->look();
		$this->google->act( 'delete', $this->meeting_of( $id )['id'] );
		$this->site->sandbox( 'POST', '/google/sync/expire', array() );
		$this->look();
		self::assertSame( 1, $this->meetings_of( $id ) );
	}

	public function test_fifty_bookings_at_once_have_fifty_links(): void {
		$bookings = array_map( fn(): array => $this->site->booking( self::slot() ), range( 1, 50 ) );
		$ids      = array_map( self::id( ... ), $this->patient->rest_parallel( 'kivicare/v1/appointments', $bookings, 8 ) );
		$links    = $this->site->rows( 'SELECT COUNT(DISTINCT url) AS links, COUNT(DISTINCT event_id) AS events FROM wp_kc_appointment_google_meet_mappings WHERE appointment_id IN (' . implode( ',', $ids ) . ')' )[0];
		printf( "\nRESULT meet_bookings_concurrency8_links %d links\n", $links['links'] );
		self::assertSame( array( 50, 50 ), array( (int) $links['links'], (int) $links['events'] ) );
	}

	public function test_the_booking_mails_carry_the_link_and_kivicares_own_select_finds_the_event(): void {
		$id = self::id( $this->book() );
		$link = $this->mappings( $id )[0]['join_url'];
		$told = function () use ( $link ): bool {
			// Another runner may hold what is not sent yet.
			$this->site->run_queue();
			return array() !== array_filter( $this->site->mails(), static fn( array $mail ): bool => str_contains( $mail['message'], $link ) );
		};
		$this->eventually( $told, 'a mail with the link' );
		$event = $this->site->php( 'echo KCGMApp\\models\\KCGMAppointmentGoogleMeetMapping::query()->where( "appointmentId", ' . $id . ' )->select( array( "eventId" ) )->first()->eventId;' );
		self::assertSame( $this->meeting_of( $id )['id'], $event );
	}

	public function test_a_link_that_takes_its_time_is_there_soon_after_the_booking(): void {
		$this->site->sandbox( 'POST', '/google/settings', array( 'conference_ms' => 5000 ) );
		$booked = $this->book();
		$this->site->sandbox( 'POST', '/google/settings', array( 'conference_ms' => 0 ) );
		self::assertSame( 201, $booked['status'] );
		$this->eventually( fn(): bool => 1 === count( $this->mappings( self::id( $booked ) ) ), 'the link' );
		$this->expect_meetings( self::id( $booked ), 1 );
	}

	/**
	 * The site's cron looks, as if the calendars were due.
	 */
	private function look(): void {
		$this->site->rows( 'UPDATE wp_kc_telemed_calendars SET due_at = 0' );
		$this->site->php( '$plugin = KiviCare\\Telemed\\Plugin::instance(); $plugin->calendars()->run(); $plugin->agenda()->work();' );
	}

	private function push( bool $on ): void {
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => ! $on ) );
	}

	/**
	 * @return array<string, mixed>
	 */
	private function extra( int $id ): array {
		return (array) json_decode( $this->mappings( $id )[0]['extra'] ?? '{}', true );
	}

	/**
	 * Ids of the open channels.
	 *
	 * @return list<string>
	 */
	private function channels(): array {
		return array_column( $this->site->sandbox( 'GET', '/state?log=0' )['google']['channels'], 'id' );
	}

	/**
	 * Requests that change events.
	 *
	 * @return array<string, int>
	 */
	private function writes(): array {
		return array_filter( $this->provider_calls(), static fn( string $route ): bool => 1 === preg_match( '~^(POST|PATCH|DELETE) google events(/\{|$)~', $route ), ARRAY_FILTER_USE_KEY );
	}
}
