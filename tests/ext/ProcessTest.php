<?php

declare(strict_types=1);

use KiviCare\Telemed\Native\Exception\StoreException;
use KiviCare\Telemed\Native\MappingStore;

/**
 * Life of the process: a fork gets a runtime of its own, and loading starts no thread.
 */
final class ProcessTest extends ExtensionTestCase {

	public function test_loading_the_extension_starts_no_thread(): void {
		$count = 'echo count( scandir( "/proc/self/task" ) ) - 2;';
		$php   = escapeshellarg( PHP_BINARY ) . ' -n -d extension=' . escapeshellarg( (string) getenv( 'TELEMED_EXTENSION' ) );
		self::assertSame( '1', shell_exec( $php . ' -r ' . escapeshellarg( $count ) ) );
	}

	public function test_a_forked_child_works_with_a_runtime_of_its_own(): void {
		if ( ! function_exists( 'pcntl_fork' ) ) {
			self::fail( 'The pcntl extension is needed.' );
		}
		self::ask();
		$child = pcntl_fork();
		if ( 0 === $child ) {
			// Leaves without PHPUnit's own shutdown; the signal says whether the runtime answered in the child.
			posix_kill( getmypid(), self::ask() ? SIGUSR1 : SIGKILL );
			exit( 0 );
		}
		pcntl_waitpid( $child, $status );
		self::assertTrue( pcntl_wifsignaled( $status ) );
		self::assertSame( SIGUSR1, pcntl_wtermsig( $status ) );
		self::assertTrue( self::ask(), 'the parent still works' );
	}

	/**
	 * One call through the runtime: the database of these settings refuses connections.
	 */
	private static function ask(): bool {
		try {
			( new MappingStore( self::config( array( 'db' => array( 'host' => '127.0.0.1:1' ) ) ) ) )->findByAppointment( 'zoom', 1 );
		} catch ( StoreException ) {
			return true;
		}
		return false;
	}
}
