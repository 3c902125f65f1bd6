<?php

declare(strict_types=1);

/**
 * KiviCare saves and deletes people inside transactions, too, and leaves some open. We only read on its connection there;
 * what an administrator has to approve is written down for those who exist afterwards, and for nobody else.
 */
final class PeopleTransactionTest extends RigTestCase {

	private NativeSide $native;

	private string $settings = '';

	/**
	 * Users of this test.
	 *
	 * @var list<int>
	 */
	private array $made = array();

	protected function setUp(): void {
		parent::setUp();
		$this->native   = new NativeSide( $this->site );
		$this->settings = (string) $this->site->rows( "SELECT option_value FROM wp_options WHERE option_name = 'kiviCare_zoom_telemed_setting'" )[0]['option_value'];
		// Those whom an administrator adds are approved with it.
		$this->site->php( '$set = get_option( "kiviCare_zoom_telemed_setting" ); $set["doctors"] = "all"; update_option( "kiviCare_zoom_telemed_setting", $set );' );
	}

	protected function tearDown(): void {
		foreach ( array( 'transactions.json', 'guard.jsonl', 'guard-seen.jsonl' ) as $file ) {
			@unlink( $this->site->run . '/' . $file );
		}
		$this->native->admit();
		foreach ( $this->made as $id ) {
			$this->site->rows( 'DELETE FROM wp_users WHERE ID = ?', array( $id ) );
			$this->site->rows( 'DELETE FROM wp_usermeta WHERE user_id = ?', array( $id ) );
			$this->site->rows( 'DELETE FROM wp_kc_telemed_zoom_users WHERE doctor_id = ?', array( $id ) );
		}
		$this->site->rows( "UPDATE wp_options SET option_value = ? WHERE option_name = 'kiviCare_zoom_telemed_setting'", array( $this->settings ) );
		$this->site->php( 'wp_cache_flush();' );
		parent::tearDown();
	}

	/**
	 * @return array<string, array{string, bool}>
	 */
	public static function failures(): array {
		return array(
			'none'                     => array( '', false ),
			'the extension refused'    => array( 'socket', false ),
			'both connections refused' => array( 'socket', true ),
		);
	}

	/**
	 * @dataProvider failures
	 */
	public function test_we_only_read_while_kivicare_saves_people( string $way, bool $both ): void {
		$gone = $this->save( $this->admin, array( 'role' => 'doctor' ) );
		$this->side->connect( $gone, 'gone@example.test' );
		'' === $way || $this->native->refuse( $way, $both );
		file_put_contents( $this->site->run . '/transactions.json', '{"guard": true}' );
		$reception = $this->site->login( 'receptionist' );

		$approved = $this->save( $this->admin, array( 'role' => 'doctor' ) );
		$waits    = $this->save( $reception, array( 'role' => 'doctor' ) );
		$undone   = $this->save( $reception, array( 'role' => 'doctor', 'ends' => 'rollback' ) );
		$lost     = $this->save( $this->admin, array( 'role' => 'doctor', 'ends' => 'left' ) );
		foreach ( array( 'patient', 'receptionist', 'clinic_admin' ) as $role ) {
			$this->save( $reception, array( 'role' => $role ) );
		}
		// Nobody has decided about this one yet, and the address is not an administrator's.
		$other = $this->save( $this->admin, array( 'role' => 'doctor' ) );
		$this->eventually( fn(): bool => '' !== $this->mark( $other ), 'it is written' );
		$this->site->rows( 'DELETE FROM wp_kc_telemed_zoom_users WHERE doctor_id = ?', array( $other ) );
		$this->save( $reception, array( 'user' => $other ) );
		$this->site->rows( "REPLACE INTO wp_kc_telemed_zoom_users (doctor_id, zoom_user_id, approved_at) VALUES (?, 'z', 1)", array( $gone ) );
		$this->save( $this->admin, array( 'user' => $gone, 'delete' => true ) );

		$this->eventually( fn(): bool => 'unreviewed' === $this->mark( $other ), 'it is written' );
		$this->quiet();
		self::assertSame( array( 'approved', 'unreviewed', '', '', '' ), array_map( $this->mark( ... ), array( $approved, $waits, $undone, $lost, $gone ) ) );
		self::assertGreaterThan( 10, array_sum( array_column( $this->lines( 'guard-seen.jsonl' ), 1 ) ), 'the guard looked' );
		// Where we have no connection of our own, theirs serves after the response, once its transaction has ended.
		self::assertSame( array(), array_values( array_filter( $this->lines( 'guard.jsonl' ), static fn( array $line ): bool => ! $both || true === $line['open'] ) ) );
	}

	/**
	 * Saves somebody as KiviCare does.
	 *
	 * @param array<string, mixed> $person Of the route.
	 */
	private function save( Browser $who, array $person ): int {
		$answer = $who->rest( 'POST', 'kct/v1/people', $person + array( 'address' => bin2hex( random_bytes( 6 ) ) . '@example.test' ) );
		self::assertSame( 200, $answer['status'], $answer['body'] );
		$this->made[] = (int) $answer['json']['id'];
		return (int) $answer['json']['id'];
	}

	/**
	 * What is written about a doctor, empty for nothing.
	 */
	private function mark( int $doctor_id ): string {
		$row = $this->site->rows( 'SELECT reason, approved_at FROM wp_kc_telemed_zoom_users WHERE doctor_id = ?', array( $doctor_id ) )[0] ?? null;
		return null === $row ? '' : ( (int) $row['approved_at'] > 0 ? 'approved' : (string) $row['reason'] );
	}

	/**
	 * @return list<array<array-key, mixed>>
	 */
	private function lines( string $file ): array {
		$path = $this->site->run . '/' . $file;
		return array_map( static fn( string $line ): array => (array) json_decode( $line, true ), is_file( $path ) ? (array) file( $path, FILE_IGNORE_NEW_LINES ) : array() );
	}
}
