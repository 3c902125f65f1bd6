<?php

declare(strict_types=1);

/**
 * A site whose doctors use both providers, each through a connection of their own, and a copy of it.
 */
abstract class CopyTestCase extends SiteTestCase {

	protected const WEBHOOK_SECRET = 'webhook-secret-of-the-copy';

	protected ?SiteCopy $copy = null;

	/**
	 * Visits at each provider.
	 *
	 * @var array<string, list<int>>
	 */
	protected array $visits = array();

	/**
	 * Visits that tests left as they were, for the next one of the class.
	 *
	 * @var array<string, array<string, list<int>>>
	 */
	private static array $untouched = array();

	protected function setUp(): void {
		parent::setUp();
		$this->visits = self::$untouched[ static::class ] ?? array();
		if ( array() !== $this->visits ) {
			return;
		}
		( new ZoomSide( $this->site ) )->serve_doctors();
		$this->site->save_zoom( array( 'auth_type' => 'server-to-server', 'webhook_secret' => self::WEBHOOK_SECRET ) );
		( new ZoomSide( $this->site ) )->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		( new GoogleSide( $this->site ) )->connect( (int) $this->site->seed['other_doctor_id'], 'doctor2@example.test' );
		$this->rest_of_work();
		$this->site->sweep();
		foreach ( $this->sides() as $id => $side ) {
			$this->visits[ $id ] = array_map( fn(): int => $this->book_with( $this->site, $this->patient, $id ), range( 1, 6 ) );
			foreach ( $this->visits[ $id ] as $visit ) {
				self::assertCount( 1, $side->mappings( $visit ) );
			}
		}
		$this->rest_of_work();
		$this->site->run_queue();
		if ( $this->leaves_visits_alone() ) {
			self::$untouched[ static::class ] = $this->visits;
		}
	}

	/**
	 * Whether the tests of this class change nothing at the provider, or fail.
	 */
	abstract protected function leaves_visits_alone(): bool;

	protected function tearDown(): void {
		null === $this->copy || $this->copy->drop();
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	/**
	 * Both providers, as this site has them or its copy.
	 *
	 * @return array<string, ProviderSide>
	 */
	protected function sides( ?Site $site = null ): array {
		return array( 'zoom' => new ZoomSide( $site ?? $this->site ), 'googlemeet' => new GoogleSide( $site ?? $this->site ) );
	}

	/**
	 * Books a visit with the provider's doctor.
	 */
	protected function book_with( Site $site, Browser $patient, string $provider ): int {
		$doctor = 'zoom' === $provider ? array() : array( 'doctorId' => $site->seed['other_doctor_id'], 'serviceId' => array( $site->seed['other_mapping_id'] ) );
		$answer = $patient->rest( 'POST', 'kivicare/v1/appointments', $doctor + $site->booking( self::slot() ) );
		$this->keep( $answer );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		return self::id( $answer );
	}

	/**
	 * The copy's own row, moved by an hour as the dashboard does.
	 */
	protected function move( Site $site, Browser $admin, int $id, string $provider ): void {
		$row     = $site->rows( 'SELECT * FROM wp_kc_appointments WHERE id = ?', array( $id ) )[0];
		$offer   = $site->seed[ 'zoom' === $provider ? 'mapping_id' : 'other_mapping_id' ];
		$changes = array(
			'id'                   => $id,
			'appointmentStartDate' => ( new DateTimeImmutable( $row['appointment_start_date'] ) )->modify( '+400 days' )->format( 'Y-m-d' ),
			'appointmentStartTime' => substr( $row['appointment_start_time'], 0, 5 ),
			'timezone'             => $row['appointment_timezone'],
			'serviceId'            => array( $offer ),
			'clinicId'             => $row['clinic_id'],
			'doctorId'             => $row['doctor_id'],
			'patientId'            => $row['patient_id'],
			'description'          => '',
		);
		$answer = $admin->rest( 'PUT', "kivicare/v1/appointments/$id", $changes );
		self::assertSame( 200, $answer['status'], $answer['body'] );
	}

	protected function cancel( Browser $admin, int $id ): void {
		$answer = $admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
	}

	/**
	 * A long time passes: whatever is waiting is due, looks and renewals too.
	 */
	protected function let_all_be_due( Site $site ): void {
		$site->rows( "UPDATE wp_kc_telemed_operations SET lease_until = '2000-01-01' WHERE state = 'in_flight'" );
		$site->rows( "UPDATE wp_kc_telemed_operations SET resume_at = UTC_TIMESTAMP() WHERE state IN ('pending', 'parked') AND resume_at IS NOT NULL" );
		$site->rows( 'UPDATE wp_kc_telemed_noted SET due_at = 0' );
		$site->rows( 'UPDATE wp_kc_telemed_calendars SET due_at = 0, channel_expires_at = 5' );
		$site->rows( 'UPDATE wp_kc_telemed_connections SET due_at = 0' );
		$site->rows( 'UPDATE wp_kc_appointment_zoom_mappings SET link_owed = 1 WHERE link_owed = 0' );
	}

	/**
	 * Everything that a site's cron runs, until there is nothing more.
	 */
	protected function run_all( Site $site ): void {
		for ( $pass = 0; $pass < 100; $pass++ ) {
			$before = $this->work_left( $site );
			$site->sweep();
			$site->run_queue();
			$site->php( 'do_action( "kivicare_telemed_work" ); foreach ( (array) _get_cron_array() as $events ) { foreach ( array_keys( (array) $events ) as $hook ) { str_starts_with( (string) $hook, "kivicare_telemed" ) && do_action( $hook ); } }' );
			$site->sweep();
			if ( $before === $this->work_left( $site ) ) {
				return;
			}
		}
		self::fail( 'The work does not end.' );
	}

	/**
	 * What changes while there is something to do: the provider is asked, notes and operations come and go.
	 *
	 * @return array<mixed>
	 */
	private function work_left( Site $site ): array {
		return array(
			$this->all_calls(),
			$site->rows( 'SELECT appointment_id FROM wp_kc_telemed_noted ORDER BY appointment_id' ),
			$site->rows( 'SELECT id, state FROM wp_kc_telemed_operations ORDER BY id' ),
		);
	}

	/**
	 * Requests at the sandbox so far, both providers together, by route.
	 *
	 * @return array<string, int>
	 */
	protected function all_calls(): array {
		return $this->site->sandbox( 'GET', '/state?log=0' )['counters']['by_route'];
	}

	/**
	 * What came in since.
	 *
	 * @param array<string, int> $before Of all_calls().
	 * @return array<string, int>
	 */
	protected function calls_since( array $before ): array {
		$since = array();
		foreach ( $this->all_calls() as $route => $count ) {
			$since[ $route ] = $count - ( $before[ $route ] ?? 0 );
		}
		return array_filter( $since );
	}

	/**
	 * Mails that the plugin sent, or that lead to a meeting.
	 *
	 * @return list<array{to: string, subject: string, message: string}>
	 */
	protected function telemed_mails( Site $site ): array {
		return array_values( array_filter( $site->mails(), static fn( array $mail ): bool => ! empty( $mail['ours'] ) || 1 === preg_match( '~/j/\d|meet\.google~', $mail['message'] ) ) );
	}

	/**
	 * The notice on a page of wp-admin, empty when there is none.
	 */
	protected function notice( Browser $admin ): string {
		$page = $admin->send( 'GET', '/wp-admin/edit.php' )['body'];
		return 1 === preg_match( '~<div class="notice notice-error" id="kivicare-telemed-site">.*?</div>~s', $page, $found ) ? html_entity_decode( $found[0], ENT_QUOTES ) : '';
	}

	/**
	 * Presses a button of the notice.
	 *
	 * @return string The page that follows.
	 */
	protected function decide( Browser $admin, string $decision ): string {
		$notice = $this->notice( $admin );
		self::assertStringContainsString( "value=\"$decision\"", $notice );
		preg_match( '/name="_wpnonce" value="(\w+)"/', $notice, $nonce );
		preg_match( '/name="shown" value="([^"]*)"/', $notice, $shown );
		$answer = $admin->send( 'POST', '/wp-admin/admin-post.php', http_build_query( array( 'action' => 'kivicare_telemed_site', 'decision' => $decision, 'shown' => $shown[1], '_wpnonce' => $nonce[1] ) ), array( 'Content-Type: application/x-www-form-urlencoded' ) );
		self::assertSame( 302, $answer['status'], $answer['body'] );
		return html_entity_decode( $admin->send( 'GET', '/wp-admin/edit.php' )['body'], ENT_QUOTES );
	}

	/**
	 * A meeting's start as the appointment wants it.
	 */
	protected function wanted_start( Site $site, int $id ): string {
		$row = $site->rows( 'SELECT * FROM wp_kc_appointments WHERE id = ?', array( $id ) )[0];
		return ( new DateTimeImmutable( "{$row['appointment_start_date']} {$row['appointment_start_time']}", new DateTimeZone( $row['appointment_timezone'] ) ) )->setTimezone( new DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' );
	}
}
