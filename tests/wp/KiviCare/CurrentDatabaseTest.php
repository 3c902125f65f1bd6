<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\KiviCare;

use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\KiviCare\CommittedDatabase;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\Privacy\PersonalRows;
use KiviCare\Telemed\Site\SiteRows;
use KiviCare\Telemed\SiteHealth\QueueFacts;
use KiviCare\Telemed\Tests\TestCase;
use KiviCare\Telemed\Webhooks\EventLog;

/**
 * Work after the response has another connection in the place of $wpdb. Services that were made before must use it, too.
 */
final class CurrentDatabaseTest extends TestCase {

	/**
	 * Classes that keep a connection: for reading on a given one, or made at the moment of use.
	 */
	private const KEEP = array( 'Appointments', 'MetaRows', 'Tables', 'OperationStates', 'AuditRows', 'KeyRotation', 'NativeSettings', 'DatabaseSettings', 'MappingsStep', 'CalendarsStep', 'Upgrade', 'Uninstaller', 'Schema' );

	public function test_services_that_were_made_before_use_the_connection_of_the_moment(): void {
		global $wpdb;
		$theirs   = $wpdb;
		$services = array( new Retention( new Constants() ), new EventLog(), new SiteRows(), new PersonalRows(), new QueueFacts(), new Journal() );
		$wrong    = array();
		$seen     = 0;
		$look     = static function ( string $sql ) use ( $theirs, &$wrong, &$seen ): string {
			++$seen;
			foreach ( debug_backtrace( DEBUG_BACKTRACE_PROVIDE_OBJECT ) as $frame ) {
				if ( 'query' === $frame['function'] && ( $frame['object'] ?? null ) === $theirs ) {
					$wrong[] = $sql;
				}
			}
			return $sql;
		};
		$wpdb->query( 'START TRANSACTION' );
		add_filter( 'query', $look );
		OwnConnection::run(
			static function () use ( $services ): void {
				list( $retention, $log, $site, $person, $facts, $journal ) = $services;
				$retention->purge();
				$log->note( str_repeat( '0', 64 ) );
				$log->purge();
				$site->release();
				$site->renew_channels();
				$site->missed();
				$person->anonymise( 999999999, 10 );
				$person->drop_connections( 999999999 );
				$facts->operations();
				$journal->hasten( 999999999 );
			}
		);
		remove_filter( 'query', $look );
		$wpdb->query( 'ROLLBACK' );
		$wpdb->query( "DELETE FROM {$wpdb->prefix}kc_telemed_events WHERE event_key = '" . str_repeat( '0', 64 ) . "'" );
		$this->assertGreaterThan( 10, $seen );
		$this->assertSame( array(), $wrong );
	}

	public function test_no_other_class_keeps_a_connection(): void {
		$keep = array();
		foreach ( new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( dirname( __DIR__, 3 ) . '/php/src', \FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			if ( 1 === preg_match( '/(?:private|protected|public)[\w ]* \??\\\\wpdb \$/', (string) file_get_contents( (string) $file ) ) ) {
				$keep[] = basename( (string) $file, '.php' );
			}
		}
		$this->assertEqualsCanonicalizing( self::KEEP, $keep );
		$this->assertTrue( is_subclass_of( CommittedDatabase::class, \wpdb::class ) );
	}
}
