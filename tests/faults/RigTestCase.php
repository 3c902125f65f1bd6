<?php

declare(strict_types=1);

/**
 * Compares three sides: appointments, mapping rows, the provider's meetings.
 */
abstract class RigTestCase extends SiteTestCase {

	protected Browser $admin;

	/**
	 * Meetings at the provider that are none of this test's.
	 *
	 * @var array<string, true>
	 */
	private array $others = array();

	private int $first_id = 0;

	protected function setUp(): void {
		parent::setUp();
		@unlink( $this->site->run . '/kill' );
		$this->admin = $this->site->login( 'admin' );
		$this->connect();
		$this->begin();
	}

	protected function tearDown(): void {
		@unlink( $this->site->run . '/kill' );
		parent::tearDown();
	}

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	/**
	 * Both doctors with connections of their own.
	 */
	protected function connect(): void {
		$this->side->connect( (int) $this->site->seed['doctor_id'], 'doctor@example.test' );
		$this->side->connect( (int) $this->site->seed['other_doctor_id'], 'doctor2@example.test' );
	}

	/**
	 * What exists from now on counts.
	 */
	protected function begin(): void {
		$this->others = array();
		foreach ( array( $this->side, $this->side->other() ) as $side ) {
			$this->others += array_fill_keys( array_column( $side->live(), 'id' ), true );
		}
		$this->first_id = (int) $this->site->rows( 'SELECT COALESCE(MAX(id), 0) AS id FROM wp_kc_appointments' )[0]['id'];
	}

	/**
	 * Time passes and the site's cron comes round, twice.
	 */
	protected function settle( int $sweeps = 2 ): void {
		for ( $sweep = 0; $sweep < $sweeps; $sweep++ ) {
			$this->let_time_pass();
			$this->site->sweep();
		}
	}

	/**
	 * How the sides agree about the appointments since begin().
	 *
	 * @param ProviderSide|null $side      The provider; this test's by default.
	 * @param int               $doctor_id Only this doctor's; 0 for all.
	 * @return array{visits: int, lost: int, doubled: int, leaked: int, moved: int}
	 */
	protected function compare( ?ProviderSide $side = null, int $doctor_id = 0 ): array {
		$side   ??= $this->side;
		$names    = $side->names();
		$meetings = array();
		foreach ( $side->live() as $meeting ) {
			if ( ! isset( $this->others[ $meeting['id'] ] ) ) {
				$meetings[ $meeting['id'] ] = $meeting;
			}
		}
		$visits = $this->site->rows(
			"SELECT a.id, a.status, a.appointment_start_date AS date, a.appointment_start_time AS time, a.appointment_timezone AS zone, m.{$names['id_column']} AS meeting_id
			FROM wp_kc_appointments a LEFT JOIN {$names['table']} m ON m.appointment_id = a.id WHERE a.id > ? AND ? IN (0, a.doctor_id)",
			array( $this->first_id, $doctor_id )
		);
		$count = array( 'visits' => count( $visits ), 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 );
		foreach ( $visits as $visit ) {
			$wanted  = in_array( (int) $visit['status'], array( 1, 4 ), true );
			$meeting = $meetings[ (string) $visit['meeting_id'] ] ?? null;
			$count['lost'] += $wanted && null === $meeting ? 1 : 0;
			if ( $wanted && null !== $meeting ) {
				unset( $meetings[ $meeting['id'] ] );
				$starts          = ( new DateTimeImmutable( "{$visit['date']} {$visit['time']}", new DateTimeZone( $visit['zone'] ) ) )->setTimezone( new DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' );
				$count['moved'] += $starts === $meeting['start'] ? 0 : 1;
			}
		}
		// What is left belongs to no booked visit: another of one that has its own, or of one that is not to have any.
		$marks = array();
		foreach ( $this->site->rows( 'SELECT appointment_id, marker FROM wp_kc_telemed_operations WHERE marker <> ?', array( '' ) ) as $row ) {
			$marks[ $side->mark( $row['marker'] ) ] = (int) $row['appointment_id'];
		}
		$booked = array_column( array_filter( $visits, static fn( array $visit ): bool => in_array( (int) $visit['status'], array( 1, 4 ), true ) ), 'id' );
		foreach ( $meetings as $meeting ) {
			$owner = self::owner( $meeting['mark'], $marks );
			if ( $owner > 0 && $owner <= $this->first_id ) {
				// Of an earlier visit that follows its doctor to this provider.
				continue;
			}
			++$count[ in_array( $owner, array_map( 'intval', $booked ), true ) ? 'doubled' : 'leaked' ];
		}
		return $count;
	}

	/**
	 * The appointment whose marker a meeting carries, 0 for none.
	 *
	 * @param array<array-key, int> $marks Marker => appointment.
	 */
	private static function owner( string $carried, array $marks ): int {
		$owner = 0;
		foreach ( $marks as $mark => $id ) {
			$owner = str_contains( $carried, (string) $mark ) ? $id : $owner;
		}
		return $owner;
	}
}
