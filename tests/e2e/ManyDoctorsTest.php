<?php

declare(strict_types=1);

/**
 * Two hundred connected doctors in one run of the site's cron: calendars and renewals, through the database.
 */
final class ManyDoctorsTest extends SiteTestCase {

	private const DOCTORS = 200;

	protected function provider(): string {
		return 'googlemeet';
	}

	protected function setUp(): void {
		parent::setUp();
		// Messages of Google's are another way to the same look.
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => true ) );
		$this->forget();
		$grants = array();
		for ( $doctor = 1; $doctor <= self::DOCTORS; $doctor++ ) {
			$email    = "many$doctor@example.test";
			$this->site->sandbox( 'POST', '/google/users', array( 'email' => $email ) );
			$grants[] = $this->site->sandbox( 'POST', '/google/grants', array( 'client_id' => $this->site->provider_seed()['google']['client_id'], 'user' => $email, 'expires_in' => 3600 ) );
		}
		file_put_contents( $this->site->run . '/grants.json', (string) json_encode( $grants ) );
		// Written as connecting writes them, without the mails and looks that follow it.
		$this->site->php(
			'$bridge = KiviCare\\Telemed\\Plugin::instance()->bridge();
			remove_all_actions( "added_user_meta" );
			foreach ( json_decode( file_get_contents( ' . var_export( $this->site->run . '/grants.json', true ) . ' ), true ) as $n => $grant ) {
				$id = wp_insert_user( array( "user_login" => "many$n", "user_pass" => "x", "user_email" => "many$n@many.test", "role" => "kiviCare_doctor" ) );
				add_user_meta( $id, "google_meet_access_token", $bridge->seal( wp_json_encode( $grant ), "user:$id", "google_meet_access_token" ) );
				$bridge->connection_made( "googlemeet", $id );
				$bridge->follow_calendar( $id );
			}'
		);
		unlink( $this->site->run . '/grants.json' );
	}

	protected function tearDown(): void {
		$this->forget();
		$this->site->sandbox( 'POST', '/google/settings', array( 'push_lost' => false ) );
		parent::tearDown();
	}

	public function test_one_run_looks_at_every_calendar_and_renews_every_connection(): void {
		$mails = count( $this->site->mails() );
		$this->site->sandbox( 'POST', '/google/tokens/expire', array() );
		$this->site->rows( 'UPDATE wp_kc_telemed_calendars SET due_at = 0' );
		$this->site->rows( 'UPDATE wp_kc_telemed_connections SET due_at = 0 WHERE doctor_id IN (' . $this->doctors() . ')' );
		$this->site->sweep();
		$left   = $this->number( 'kc_telemed_calendars', 'due_at <= UNIX_TIMESTAMP() OR failures > 0' );
		$failed = $this->number( 'kc_telemed_connections', "due_at <= UNIX_TIMESTAMP() OR failures > 0 OR state <> 'healthy'" );
		printf( "\nRESULT calendars_left_due_200_doctors %d calendars\nRESULT renewals_failed_200_doctors %d connections\n", $left, $failed );
		self::assertSame( array( self::DOCTORS, self::DOCTORS ), array( $this->number( 'kc_telemed_calendars', '1' ), $this->number( 'kc_telemed_connections', '1' ) ) );
		self::assertSame( array( 0, 0 ), array( $left, $failed ) );
		self::assertSame( self::DOCTORS, $this->number( 'kc_telemed_calendars', "sync_token <> '' AND channel_id <> ''" ), 'each calendar is followed' );
		$told = array_filter( array_slice( $this->site->mails(), $mails ), static fn( array $mail ): bool => str_contains( $mail['to'], 'many.test' ) || str_contains( $mail['message'], 'database' ) );
		self::assertSame( array(), array_values( $told ), 'nobody is told of anything' );
	}

	private function number( string $table, string $condition ): int {
		return (int) $this->site->rows( "SELECT COUNT(*) AS n FROM wp_$table WHERE doctor_id IN (" . $this->doctors() . ") AND ($condition)" )[0]['n'];
	}

	private function doctors(): string {
		return "SELECT ID FROM wp_users WHERE user_email LIKE '%@many.test'";
	}

	private function forget(): void {
		foreach ( array( 'kc_telemed_calendars', 'kc_telemed_connections' ) as $table ) {
			$this->site->rows( "DELETE FROM wp_$table WHERE doctor_id IN (" . $this->doctors() . ')' );
		}
		$this->site->rows( 'DELETE FROM wp_usermeta WHERE user_id IN (' . $this->doctors() . ')' );
		$this->site->rows( "DELETE FROM wp_users WHERE user_email LIKE '%@many.test'" );
	}
}
