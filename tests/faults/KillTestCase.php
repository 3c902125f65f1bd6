<?php

declare(strict_types=1);

/**
 * The php-fpm worker is killed at every step of making, moving, ending, refreshing and synchronising. Afterwards the site's
 * cron comes round at most twice, and nothing is lost, doubled or left over.
 */
abstract class KillTestCase extends RigTestCase {

	/**
	 * Place => what leads there: create, move, cancel, refresh, sync.
	 */
	private const POINTS = array(
		'create.before_intent' => 'create',
		'create.after_intent'  => 'create',
		'create.sent'          => 'create',
		'create.replied'       => 'create',
		'create.after_mapping' => 'create',
		'update.before_intent' => 'move',
		'update.after_intent'  => 'move',
		'update.sent'          => 'move',
		'update.replied'       => 'move',
		'update.after_mapping' => 'move',
		'cancel.before_intent' => 'cancel',
		'cancel.after_intent'  => 'cancel',
		'cancel.sent'          => 'cancel',
		'cancel.replied'       => 'cancel',
		'cancel.after_mapping' => 'cancel',
		'refresh.before'       => 'refresh',
		'refresh.sent'         => 'refresh',
		'refresh.replied'      => 'refresh',
		'refresh.committed'    => 'refresh',
		'sync.sent'            => 'sync',
		'sync.replied'         => 'sync',
		'sync.noted'           => 'sync',
		'sync.saved'           => 'sync',
	);

	/**
	 * Workers killed so far, and what was found wrong afterwards: of both providers.
	 */
	private static int $kills = 0;

	/**
	 * @var array<string, int>
	 */
	private static array $total = array();

	public static function tearDownAfterClass(): void {
		parent::tearDownAfterClass();
		// The provider that comes last says it for both.
		if ( is_a( static::class, MeetKillTest::class, true ) ) {
			printf( "\nRESULT faults_kills %d workers\n", self::$kills );
			foreach ( self::$total as $kind => $number ) {
				printf( "RESULT faults_%s %d meetings\n", $kind, $number );
			}
		}
	}

	/**
	 * @return array<string, array{string, string}>
	 */
	public static function points(): array {
		$points = array();
		foreach ( self::POINTS as $point => $way ) {
			// Only Google's calendars are followed.
			if ( 'sync' !== $way || is_a( static::class, MeetKillTest::class, true ) ) {
				$points[ $point ] = array( $point, $way );
			}
		}
		return $points;
	}

	/**
	 * @dataProvider points
	 */
	public function test_nothing_is_lost_when_a_worker_dies( string $point, string $way ): void {
		$times   = max( 1, (int) ( getenv( 'KILL_TIMES' ) ?: 1 ) );
		$reached = 0;
		for ( $time = 0; $time < $times; $time++ ) {
			$reached += $this->{$way}( $point ) ? 1 : 0;
			$this->site->sandbox( 'DELETE', '/faults' );
		}
		self::assertSame( $times, $reached, 'every time a worker died there' );
		$reconnected = $this->reconnect_if_ended();
		$this->settle();
		$found = $this->compare();
		printf( "\nKILLED %-11s %-22s times %2d visits %3d lost %d doubled %d leaked %d moved %d%s\n", $this->provider(), $point, $times, $found['visits'], $found['lost'], $found['doubled'], $found['leaked'], $found['moved'], $reconnected ? ' (connected again)' : '' );
		printf( "RESULT faults_%s_%s_wrong %d meetings\n", $this->provider(), str_replace( '.', '_', $point ), $found['lost'] + $found['doubled'] + $found['leaked'] + $found['moved'] );
		self::$kills += $times;
		foreach ( array( 'lost', 'doubled', 'leaked', 'moved' ) as $kind ) {
			self::$total[ $kind ] = ( self::$total[ $kind ] ?? 0 ) + $found[ $kind ];
		}
		self::assertSame( array( 0, 0, 0, 0 ), array( $found['lost'], $found['doubled'], $found['leaked'], $found['moved'] ) );
	}

	private function create( string $point ): bool {
		return $this->dies( $point, fn() => $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) ) );
	}

	/**
	 * @return bool Whether a worker died there.
	 */
	private function dies( string $point, callable $act ): bool {
		if ( str_ends_with( $point, '.sent' ) ) {
			// The provider does it; its answer takes until the worker is dead.
			$this->site->sandbox( 'POST', '/faults', array( 'match' => $this->request( $point ), 'action' => array( 'type' => 'delay', 'ms' => 900 ), 'times' => 1, 'when' => 'after' ) );
		}
		file_put_contents( $this->site->run . '/kill', $point );
		$act();
		$until = microtime( true ) + 120;
		while ( file_exists( $this->site->run . '/kill' ) && microtime( true ) < $until ) {
			usleep( 20_000 );
			clearstatcache();
		}
		$reached = ! file_exists( $this->site->run . '/kill' );
		@unlink( $this->site->run . '/kill' );
		$this->quiet();
		return $reached;
	}

	/**
	 * The request that a worker dies waiting for.
	 *
	 * @return array<string, string>
	 */
	private function request( string $point ): array {
		$calendar = 'googlemeet' === $this->provider();
		return match ( $point ) {
			'create.sent'  => array( 'method' => 'POST', 'path_contains' => $calendar ? '/events' : '/meetings' ),
			'update.sent'  => array( 'method' => 'PATCH', 'path_contains' => $calendar ? '/events' : '/meetings' ),
			'cancel.sent'  => array( 'method' => 'DELETE' ),
			'refresh.sent' => array( 'method' => 'POST', 'path_contains' => $this->side->token_path ),
			default        => array( 'method' => 'GET', 'path_contains' => '/events' ),
		};
	}

	protected function book_visit(): int {
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		return self::id( $answer );
	}

	private function move( string $point ): bool {
		$id   = $this->book_visit();
		$slot = $this->site->booking( self::slot() );
		return $this->dies( $point, fn() => $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id", $this->edit( $id, array( 'appointmentStartDate' => $slot['appointmentStartDate'], 'appointmentStartTime' => $slot['appointmentStartTime'] ) ) ) );
	}

	private function cancel( string $point ): bool {
		$id = $this->book_visit();
		return $this->dies( $point, fn() => $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) ) );
	}

	private function refresh( string $point ): bool {
		$this->reconnect_if_ended();
		$this->side->expire_tokens();
		return $this->create( $point );
	}

	private function sync( string $point ): bool {
		$id    = $this->book_visit();
		$event = $this->meeting_of( $id )['id'];
		// A look opens the channel by which Google tells.
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => true ) );
		$this->site->rows( 'UPDATE wp_kc_telemed_calendars SET due_at = 0' );
		$this->site->php( '$plugin = KiviCare\Telemed\Plugin::instance(); $plugin->calendars()->run(); $plugin->agenda()->work();' );
		return $this->dies(
			$point,
			function () use ( $event ): void {
				$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => false ) );
				( new GoogleSide( $this->site ) )->act( 'move', $event, array( 'minutes' => 60 ) );
			}
		);
	}

	/**
	 * A worker that dies between Zoom's answer and our commit takes the only good refresh token with it: then the doctor has
	 * to connect again, and the visits must have lost nothing by that.
	 */
	private function reconnect_if_ended(): bool {
		$state = fn(): string => (string) ( $this->site->rows( 'SELECT state FROM wp_kc_telemed_connections WHERE doctor_id = ? AND provider = ?', array( $this->site->seed['doctor_id'], $this->provider() ) )[0]['state'] ?? '' );
		if ( 'reconnect' !== $state() ) {
			// Whether a connection lives shows when somebody uses it.
			$this->let_time_pass();
			$this->site->sweep();
		}
		if ( 'reconnect' !== $state() ) {
			return false;
		}
		$this->side->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		return true;
	}
}
