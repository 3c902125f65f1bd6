<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Audit;

use KiviCare\Telemed\Audit\AuditRows;
use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Tests\TestCase;

/**
 * What is dropped when it is old, and what stays.
 */
final class RetentionTest extends TestCase {

	private Retention $retention;

	protected function setUp(): void {
		parent::setUp();
		global $wpdb;
		$this->retention = new Retention( new Constants() );
		delete_option( 'kivicare_telemed_retention_ran' );
	}

	protected function tearDown(): void {
		delete_option( Retention::OPTION );
		delete_option( 'kivicare_telemed_retention_ran' );
		parent::tearDown();
	}

	public function test_days_come_from_the_option_and_are_sensible(): void {
		$this->assertSame( 400, $this->retention->days() );
		update_option( Retention::OPTION, '90' );
		$this->assertSame( 90, $this->retention->days() );
		update_option( Retention::OPTION, '-1' );
		$this->assertSame( 400, $this->retention->days() );
	}

	public function test_old_entries_go_once_a_day(): void {
		$this->audit( 500 );
		$this->audit( 300 );
		$this->retention->run();
		$this->assertCount( 1, $this->entries() );

		$this->audit( 500 );
		$this->retention->run();
		$this->assertCount( 2, $this->entries(), 'today it ran already' );
	}

	public function test_the_work_is_bounded(): void {
		for ( $i = 0; $i < 12; ++$i ) {
			$this->audit( 500 );
		}
		$this->assertFalse( $this->retention->purge( 1 ) );
		$this->assertCount( 2, $this->entries() );
		$this->assertTrue( $this->retention->purge( 5 ) );
	}

	public function test_only_the_journal_of_visits_long_past_goes(): void {
		global $wpdb;
		$past  = $this->appointment( array( 'appointment_start_date' => '2020-03-05', 'appointment_end_date' => '2020-03-05' ) );
		$ahead = $this->appointment();
		foreach ( array( $past, $ahead, 990900, 990901, 990902 ) as $id ) {
			$this->operation( $id, 'done', 500 );
		}
		$this->operation( 990901, 'done', 10 );
		$this->operation( 990901, 'parked', 500 );
		$wpdb->insert( $wpdb->prefix . Schema::MEET_MAPPINGS, array( 'appointment_id' => 990902, 'event_id' => 'e', 'ends_at' => '2100-01-01 00:00:00' ) );
		$this->retention->run();

		$this->assertSame( array( 0, 1, 0, 3, 1 ), array_map( fn( int $id ): int => count( $this->journal( $id ) ), array( $past, $ahead, 990900, 990901, 990902 ) ) );
	}

	public function test_entries_are_read_by_span(): void {
		global $wpdb;
		$this->audit( 20 );
		$this->audit( 10 );
		$since = gmdate( 'Y-m-d H:i:s', time() - 15 * DAY_IN_SECONDS );
		$rows  = new AuditRows( $wpdb );
		$this->assertCount( 1, iterator_to_array( $rows->between( $since ) ) );
		$this->assertCount( 1, iterator_to_array( $rows->between( '', $since ) ) );
	}

	private function entries(): array {
		global $wpdb;
		return iterator_to_array( ( new AuditRows( $wpdb ) )->between() );
	}

	private function audit( int $days ): void {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . Schema::AUDIT, array( 'at' => gmdate( 'Y-m-d H:i:s', time() - $days * DAY_IN_SECONDS ), 'action' => 'test' ) );
	}

	private function operation( int $appointment_id, string $state, int $days ): void {
		global $wpdb;
		$at = gmdate( 'Y-m-d H:i:s', time() - $days * DAY_IN_SECONDS );
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => $appointment_id, 'doctor_id' => $this->doctor, 'provider' => 'googlemeet', 'kind' => 'create', 'state' => $state, 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'created_at' => $at, 'updated_at' => $at ) );
	}
}
