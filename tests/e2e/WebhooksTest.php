<?php

declare(strict_types=1);

/**
 * Zoom tells; signatures are computed by openssl, not by our own code.
 */
final class WebhooksTest extends SiteTestCase {

	private const SECRET = 'webhook-secret-of-the-test';

	private int $id;

	private string $zoom_id;

	protected function setUp(): void {
		parent::setUp();
		$this->site->save_zoom( array( 'auth_type' => 'server-to-server', 'webhook_secret' => self::SECRET ) );
		$this->id      = self::id( $this->book() );
		$this->zoom_id = $this->mappings( $this->id )[0]['zoom_id'];
	}

	public function test_the_endpoint_proves_itself(): void {
		$answer = $this->deliver( '{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1}' );
		self::assertSame( 200, $answer['status'] );
		self::assertSame( array( 'plainToken' => 'qgg8vlvZRS6UYooatFL8Aw', 'encryptedToken' => $this->hmac( 'qgg8vlvZRS6UYooatFL8Aw' ) ), $answer['json'] );
	}

	public function test_altered_stale_and_unsigned_bodies_are_refused(): void {
		$body  = $this->event( 'meeting.started' );
		$time  = time();
		$sign  = $this->signature( $body, $time );
		$tries = array(
			'one byte altered' => array( str_replace( '"topic":"x"', '"topic":"y"', $body ), $time, $sign ),
			'another time'     => array( $body, $time + 1, $sign ),
			'stale'            => array( $body, $time - 301, $this->signature( $body, $time - 301 ) ),
			'from the future'  => array( $body, $time + 400, $this->signature( $body, $time + 400 ) ),
			'unsigned'         => array( $body, $time, '' ),
			'another secret'   => array( $body, $time, $this->signature( $body, $time, 'not-the-secret' ) ),
		);
		$before = count( $this->actions() );
		$audit  = fn(): int => (int) $this->site->rows( "SELECT COALESCE(SUM(times), 0) AS n FROM wp_kc_telemed_audit WHERE action = 'access_refused' AND source = 'webhook'" )[0]['n'];
		$noted  = $audit();
		foreach ( $tries as $what => list( $sent, $at, $signature ) ) {
			$answer = $this->post( $sent, $at, $signature );
			self::assertSame( 401, $answer['status'], $what );
			self::assertStringNotContainsString( self::SECRET, $answer['body'] );
		}
		$this->quiet();
		self::assertSame( $noted + count( $tries ) - 1, $audit(), 'all but the unsigned one are recorded' );
		self::assertCount( $before, $this->actions() );
		self::assertArrayNotHasKey( 'status', $this->extra() );
	}

	public function test_a_replay_and_a_repeated_delivery_count_once(): void {
		$body   = $this->event( 'meeting.started' );
		$time   = time();
		$before = count( $this->actions() );
		self::assertSame( 'accepted', $this->post( $body, $time, $this->signature( $body, $time ) )['json']['status'] );
		self::assertSame( 'duplicate', $this->post( $body, $time, $this->signature( $body, $time ) )['json']['status'] );
		self::assertSame( 'duplicate', $this->post( $body, $time + 1, $this->signature( $body, $time + 1 ) )['json']['status'] );
		$this->eventually( fn(): bool => count( $this->actions() ) > $before, 'the action' );
		$this->quiet();
		self::assertCount( $before + 1, $this->actions() );
	}

	public function test_a_meeting_is_followed_and_the_add_ons_actions_are_fired(): void {
		$before = count( $this->actions() );
		$now    = time() * 1000;
		$guest  = array( 'participant_uuid' => 'P-1', 'user_id' => '16778240', 'user_name' => 'Patient Example', 'id' => '', 'email' => 'patient@example.test' );
		$this->deliver( $this->event( 'meeting.started', $now ) );
		$this->deliver( $this->event( 'meeting.participant_joined_waiting_room', $now + 1, $guest + array( 'date_time' => '2031-03-01T04:00:00Z' ) ) );
		$this->deliver( $this->event( 'meeting.participant_joined', $now + 3, $guest + array( 'join_time' => '2031-03-01T04:01:00Z' ) ) );
		// Late: the person is in already.
		$this->deliver( $this->event( 'meeting.participant_left_waiting_room', $now + 2, $guest ) );
		$this->deliver( $this->event( 'meeting.participant_left', $now + 9, $guest + array( 'leave_time' => '2031-03-01T04:20:00Z' ) ) );
		$this->deliver( $this->event( 'meeting.ended', $now + 10 ) );
		$this->eventually( fn(): bool => 'ended' === ( $this->extra()['status'] ?? '' ), 'ended' );
		$this->eventually( fn(): bool => count( $this->actions() ) >= $before + 4, 'four actions' );

		$actions = array_slice( $this->actions(), $before );
		self::assertEqualsCanonicalizing( array( 'kc_zoom_meeting_started', 'kc_zoom_participant_joined', 'kc_zoom_participant_left', 'kc_zoom_meeting_ended' ), array_column( $actions, 0 ) );
		self::assertSame( array( $this->id ), array_values( array_unique( array_column( $actions, 1 ) ) ) );
		$person = $this->extra()['participants'][0];
		self::assertSame( array( 'P-1', 'left', '2031-03-01T04:01:00Z', '2031-03-01T04:20:00Z' ), array( $person['id'], $person['state'], $person['joined_at'], $person['left_at'] ) );
		self::assertStringNotContainsString( 'Patient', json_encode( array( $this->extra(), $actions ) ), 'no names are kept or passed on' );
	}

	public function test_a_meeting_deleted_at_zoom_is_made_again(): void {
		$this->site->at_provider( 'DELETE', "/meetings/{$this->zoom_id}" );
		$this->deliver( $this->event( 'meeting.deleted' ) );
		$this->eventually( fn(): bool => 1 === $this->meetings_of( $this->id ) && $this->mappings( $this->id )[0]['zoom_id'] !== $this->zoom_id, 'another meeting' );
	}

	public function test_a_meeting_moved_or_opened_up_at_zoom_is_brought_back(): void {
		$zoom   = new ZoomSide( $this->site );
		$before = $zoom->raw( $this->zoom_id );
		self::assertSame( 204, $this->site->at_provider( 'PATCH', "/meetings/{$this->zoom_id}", array( 'start_time' => '2033-01-01T00:00:00Z', 'timezone' => 'UTC', 'duration' => 5, 'settings' => array( 'waiting_room' => false ) ) ) );
		self::assertNotSame( $before['start_time'], $zoom->raw( $this->zoom_id )['start_time'] );
		$this->deliver( $this->event( 'meeting.updated' ) );
		$this->eventually( fn(): bool => $before['start_time'] === $zoom->raw( $this->zoom_id )['start_time'], 'the booked time' );
		$after = $zoom->raw( $this->zoom_id );
		self::assertSame( array( $before['id'], $before['duration'], true ), array( $after['id'], $after['duration'], $after['settings']['waiting_room'] ) );
	}

	public function test_zoom_has_its_answer_before_the_work_is_done(): void {
		// A machine that is busy for four seconds right now shows nothing: then once more.
		for ( $try = 0, $before = false; $try < 5 && ! $before; $try++ ) {
			$old = $this->mappings( $this->id )[0]['zoom_id'];
			$this->site->at_provider( 'DELETE', "/meetings/$old" );
			$this->site->sandbox( 'POST', '/faults', array( 'match' => array( 'method' => 'GET', 'path_contains' => '/v2/meetings/' ), 'action' => array( 'type' => 'delay', 'ms' => 4000 ), 'times' => 1, 'when' => 'before' ) );
			$start = microtime( true );
			$this->deliver( str_replace( "\"{$this->zoom_id}\"", "\"$old\"", $this->event( 'meeting.deleted' ) ) );
			$seconds = microtime( true ) - $start;
			$before  = $this->mappings( $this->id )[0]['zoom_id'] === $old;
			$this->eventually( fn(): bool => 1 === $this->meetings_of( $this->id ) && $this->mappings( $this->id )[0]['zoom_id'] !== $old, 'the work is done afterwards' );
		}
		printf( "RESULT webhook_answer_while_provider_takes_4s %.2f s\n", $seconds );
		self::assertTrue( $before, 'the answer did not wait for the work' );
	}

	public function test_our_own_changes_come_back_as_events_and_cause_no_further_ones(): void {
		$updates = $this->provider_calls()['PATCH /meetings/{meetingId}'] ?? 0;
		$this->deliver( $this->event( 'meeting.updated' ) );
		$this->quiet();
		self::assertSame( $updates, $this->provider_calls()['PATCH /meetings/{meetingId}'] ?? 0 );
	}

	public function test_a_removed_app_ends_the_connection_and_deletes_the_tokens(): void {
		$doctor = (int) $this->site->seed['other_doctor_id'];
		$seed   = $this->site->provider_seed();
		$grant  = $this->site->sandbox( 'POST', '/grants', array( 'client_id' => $seed['client_id'], 'user' => 'sandboxDoctorBBBBBBBBB' ) );
		$this->site->php( "\$d = KiviCare\\Telemed\\Plugin::instance()->doctors(); \$d->connect( $doctor, " . var_export( json_encode( $grant ), true ) . " ); update_user_meta( $doctor, 'kivicare_telemed_zoom_identity', 'sandboxDoctorBBBBBBBBB' );" );
		$payload = array( 'account_id' => $seed['account_id'], 'user_id' => 'sandboxDoctorBBBBBBBBB', 'client_id' => $seed['client_id'], 'deauthorization_time' => '2031-01-01T00:00:00Z', 'signature' => 'opaque' );
		$calls   = $this->provider_calls();
		$this->deliver( json_encode( array( 'event' => 'app_deauthorized', 'payload' => array( 'client_id' => 'another-app' ) + $payload, 'event_ts' => 5 ) ) );
		$this->quiet();
		self::assertCount( 1, $this->tokens( $doctor ), 'another app\'s business' );
		$this->deliver( json_encode( array( 'event' => 'app_deauthorized', 'payload' => $payload, 'event_ts' => time() ) ) );
		$this->eventually( fn(): bool => array() === $this->tokens( $doctor ), 'no tokens' );
		$this->eventually( fn(): bool => array() === $this->site->rows( "SELECT umeta_id FROM wp_usermeta WHERE user_id = ? AND meta_key = 'kivicare_telemed_zoom_identity'", array( $doctor ) ), 'no identity' );
		self::assertSame( $calls, $this->provider_calls(), 'the tokens are dead: nothing to ask' );
	}

	/**
	 * @return list<array<string, mixed>>
	 */
	private function tokens( int $user_id ): array {
		return $this->site->rows( "SELECT umeta_id FROM wp_usermeta WHERE user_id = ? AND meta_key = 'kiviCare_doctor_zoom_telemed_config'", array( $user_id ) );
	}

	/**
	 * @param array<string, string>|null $participant Participant.
	 */
	private function event( string $name, ?int $at = null, ?array $participant = null ): string {
		$object = array( 'id' => $this->zoom_id, 'uuid' => 'u' . $this->zoom_id . '==', 'host_id' => 'h', 'topic' => 'x', 'type' => 2, 'start_time' => '2031-03-01T04:00:00Z', 'end_time' => '2031-03-01T04:30:00Z', 'duration' => 30 );
		if ( null !== $participant ) {
			$object['participant'] = $participant;
		}
		return (string) json_encode( array( 'event' => $name, 'event_ts' => $at ?? (int) ( microtime( true ) * 1000 ), 'payload' => array( 'account_id' => 'a', 'object' => $object ) ) );
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	private function deliver( string $body ): array {
		$time   = time();
		$answer = $this->post( $body, $time, $this->signature( $body, $time ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		return $answer;
	}

	/**
	 * @return array{status: int, headers: string, body: string, json: mixed}
	 */
	private function post( string $body, int $time, string $signature ): array {
		$answer = ( new Browser( $this->site->url ) )->send( 'POST', '/wp-json/kivicare-telemed/v1/webhooks/zoom', $body, array( 'Content-Type: application/json', "x-zm-request-timestamp: $time", "x-zm-signature: $signature" ) );
		$this->keep( $answer );
		return $answer;
	}

	private function signature( string $body, int $time, string $secret = self::SECRET ): string {
		return 'v0=' . $this->hmac( "v0:$time:$body", $secret );
	}

	private function hmac( string $text, string $secret = self::SECRET ): string {
		$process = proc_open( array( 'openssl', 'dgst', '-sha256', '-hmac', $secret ), array( array( 'pipe', 'r' ), array( 'pipe', 'w' ) ), $pipes );
		fwrite( $pipes[0], $text );
		fclose( $pipes[0] );
		$output = trim( (string) stream_get_contents( $pipes[1] ) );
		proc_close( $process );
		return substr( $output, (int) strrpos( $output, ' ' ) + 1 );
	}

	/**
	 * @return array<string, mixed>
	 */
	private function extra(): array {
		return (array) json_decode( $this->mappings( $this->id )[0]['extra'], true );
	}

	/**
	 * @return list<array{string, int, array<string, mixed>}>
	 */
	private function actions(): array {
		$lines = is_file( $this->site->run . '/actions.jsonl' ) ? file( $this->site->run . '/actions.jsonl', FILE_IGNORE_NEW_LINES ) : array();
		return array_map( static fn( string $line ): array => json_decode( $line, true ), $lines );
	}
}
