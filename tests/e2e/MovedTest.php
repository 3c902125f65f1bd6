<?php

declare(strict_types=1);

/**
 * The site itself at another address: what happens before anybody confirms it is lost to nobody.
 */
final class MovedTest extends CopyTestCase {

	protected function setUp(): void {
		parent::setUp();
		// The old address still has a server in these tests; Google's messages would make it undo what the moved site does.
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => true ) );
	}

	protected function leaves_visits_alone(): bool {
		return false;
	}

	protected function tearDown(): void {
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => false ) );
		parent::tearDown();
	}

	/**
	 * @return array<string, array{string}>
	 */
	public static function ways(): array {
		return array( 'the notice' => array( 'notice' ), 'another address of the same site' => array( 'also' ), 'the command' => array( 'command' ) );
	}

	/**
	 * @dataProvider ways
	 */
	public function test_a_moved_site_catches_up_with_everything( string $way ): void {
		if ( 'command' === $way && ! getenv( 'WP_CLI' ) ) {
			self::markTestSkipped( 'WP_CLI does not name WP-CLI' );
		}
		// Nobody is at the old address any more: the copy is the site.
		$this->copy = SiteCopy::of( $this->site );
		$moved      = $this->copy->site;
		$admin      = $moved->login( 'admin' );
		$patient    = $moved->login( 'patient' );
		$channel    = $this->channel( $moved );
		$calls      = $this->all_calls();
		$wanted     = array();
		$ended      = array();
		foreach ( $this->visits as $provider => list( $stays, $cancelled, $elsewhen, $deleted, $lost ) ) {
			$new = $this->book_with( $moved, $patient, $provider );
			$off = $this->book_with( $moved, $patient, $provider );
			$this->cancel( $admin, $off );
			$this->cancel( $admin, $cancelled );
			$this->move( $moved, $admin, $elsewhen, $provider );
			self::assertSame( 200, $admin->rest( 'DELETE', "kivicare/v1/appointments/$deleted" )['status'] );
			// No hook told of these: KiviCare loses rows, and a database connection may be away while a visit is booked.
			$moved->rows( 'DELETE FROM wp_kc_appointments WHERE id = ?', array( $lost ) );
			$untold = $this->book_with( $moved, $patient, $provider );
			$moved->rows( 'DELETE FROM wp_kc_telemed_noted WHERE appointment_id = ?', array( $untold ) );
			$moved->rows( 'DELETE FROM wp_kc_telemed_operations WHERE appointment_id = ?', array( $untold ) );
			$wanted[ $provider ] = array( $stays, $elsewhen, $new, $untold );
			$ended[ $provider ]  = array( $cancelled, $deleted, $lost, $off );
		}
		$began = $this->book_with( $moved, $patient, 'zoom' );
		$moved->rows( 'UPDATE wp_kc_appointments SET appointment_start_date = UTC_DATE() - INTERVAL 2 DAY, appointment_end_date = UTC_DATE() - INTERVAL 2 DAY WHERE id = ?', array( $began ) );
		$this->run_all( $moved );
		self::assertSame( array(), $this->calls_since( $calls ), 'until then it reaches nobody' );
		self::assertSame( array(), $this->telemed_mails( $moved ) );

		$told = match ( $way ) {
			'notice'  => $this->decide( $admin, 'moved' ),
			'also'    => $this->decide( $admin, 'also' ),
			'command' => $this->command( $moved, 'confirm', '--yes' ),
		};
		self::assertStringContainsString( "#$began,", $told, 'the visit that began without a link is named' );
		if ( 'also' !== $way ) {
			self::assertStringContainsString( $moved->url . '/wp-json/kivicare/v1/settings/zoom-telemed/callback', $told );
			self::assertStringContainsString( $moved->url . '/wp-json/kivicare/v1/settings/googlemeet/callback', $told );
		}
		$this->eventually( fn(): bool => 0 === $this->waiting( $moved ), 'nothing waits any more', 60 );
		// What no hook told of is the next sweeps' business.
		$this->run_all( $moved );
		$this->eventually( fn(): bool => 0 === $this->waiting( $moved ), 'nothing waits any more', 60 );

		$wrong = $this->wrong( $moved, $wanted, $ended );
		printf( "\nRESULT moved_site_bookings_lost %d bookings\n", count( $wrong ) );
		self::assertSame( array(), $wrong );
		$this->assert_told( $moved, $wanted );
		if ( 'also' !== $way ) {
			self::assertNotSame( $channel, $this->channel( $moved ), 'Google tells the new address' );
		}
		self::assertSame( '', $this->notice( $admin ) );
	}

	public function test_the_command_says_what_is(): void {
		if ( ! getenv( 'WP_CLI' ) ) {
			self::markTestSkipped( 'WP_CLI does not name WP-CLI' );
		}
		$this->copy = SiteCopy::of( $this->site );
		$rows       = array_column( json_decode( $this->command( $this->copy->site, 'status', '--format=json', '!' ), true ), 'value', 'item' );
		self::assertSame( array( 'unknown_address', substr( $this->site->url, 7 ) ), array( $rows['state'], $rows['confirmed_addresses'] ) );
		self::assertStringContainsString( 'not an address', $this->command( $this->copy->site, 'add', 'http://', '!' ) );
		self::assertStringContainsString( 'praxis.example', $this->command( $this->copy->site, 'add', 'https://praxis.example' ) );
		self::assertStringContainsString( 'a site of its own', $this->command( $this->copy->site, 'copy', '--yes' ) );
		$rows = array_column( json_decode( $this->command( $this->copy->site, 'status', '--format=json' ), true ), 'value', 'item' );
		self::assertSame( 'confirmed', $rows['state'] );
	}

	/**
	 * What is not as it should be.
	 *
	 * @param array<string, list<int>> $wanted Visits that take place, by provider.
	 * @param array<string, list<int>> $ended  Visits that do not.
	 * @return list<string>
	 */
	private function wrong( Site $moved, array $wanted, array $ended ): array {
		$wrong = array();
		foreach ( $this->sides( $moved ) as $provider => $side ) {
			$live = array_column( $side->live(), null, 'id' );
			foreach ( $wanted[ $provider ] as $id ) {
				$mapping = $side->mappings( $id )[0] ?? null;
				$start   = null === $mapping ? '' : $live[ $mapping['meeting_id'] ]['start'] ?? '';
				if ( $this->wanted_start( $moved, $id ) !== $start ) {
					$wrong[] = "$provider: visit $id starts at '$start'";
				}
			}
			foreach ( $ended[ $provider ] as $id ) {
				// The original's rows still say which meeting it was.
				$meeting = $this->sides()[ $provider ]->mappings( $id )[0]['meeting_id'] ?? '';
				if ( isset( $live[ $meeting ] ) || array() !== $side->mappings( $id ) ) {
					$wrong[] = "$provider: the meeting of visit $id is still there";
				}
			}
		}
		return $wrong;
	}

	/**
	 * Links that came late are mailed, each to patient and doctor.
	 *
	 * @param array<string, list<int>> $wanted Visits that take place.
	 */
	private function assert_told( Site $moved, array $wanted ): void {
		$mails = $this->telemed_mails( $moved );
		foreach ( $this->sides( $moved ) as $provider => $side ) {
			foreach ( array_slice( $wanted[ $provider ], 2 ) as $id ) {
				$link = $side->mappings( $id )[0]['join_url'];
				self::assertCount( 2, array_filter( $mails, static fn( array $mail ): bool => str_contains( html_entity_decode( $mail['message'] ), $link ) ), "$provider: link of visit $id" );
			}
		}
	}

	private function channel( Site $moved ): string {
		return $moved->rows( 'SELECT channel_id FROM wp_kc_telemed_calendars WHERE doctor_id = ?', array( $moved->seed['other_doctor_id'] ) )[0]['channel_id'];
	}

	private function waiting( Site $moved ): int {
		return (int) $moved->rows( "SELECT (SELECT COUNT(*) FROM wp_kc_telemed_noted) + (SELECT COUNT(*) FROM wp_kc_telemed_operations WHERE state IN ('in_flight', 'pending') AND reason IN ('', 'site_paused')) AS n" )[0]['n'];
	}

	/**
	 * A command in the real WP-CLI; "!" at the end when it is to fail.
	 */
	private function command( Site $site, string ...$words ): string {
		$fails   = '!' === end( $words );
		$so      = getenv( 'TELEMED_EXTENSION_FILE' ) ?: dirname( __DIR__, 2 ) . '/target/debug/libkivicare_telemed.so';
		$command = array( 'env', 'KCT_COPY=' . $site->run, PHP_BINARY, '-d', 'extension=' . $so, (string) getenv( 'WP_CLI' ), '--allow-root', '--path=' . getenv( 'WORDPRESS_PATH' ), 'kivicare-telemed', 'site', ...array_diff( $words, array( '!' ) ) );
		exec( implode( ' ', array_map( 'escapeshellarg', $command ) ) . ' 2>' . ( $fails ? '&1' : escapeshellarg( $site->run . '/cli.log' ) ), $output, $status );
		self::assertSame( $fails ? 1 : 0, $status, implode( "\n", $output ) . (string) @file_get_contents( $site->run . '/cli.log' ) );
		return implode( "\n", $output );
	}
}
