<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

/**
 * Whether what waits is processed: without WP-Cron or Action Scheduler it is not.
 */
final class QueueCheck extends HealthTest {

	public function __construct( private readonly QueueFacts $facts ) {}

	public function run(): array {
		$age    = $this->facts->age();
		$advice = __( 'Check that WP-Cron runs: visit the site, or let the server call wp-cron.php every five minutes. "wp kivicare-telemed sweep" works everything off at once.', 'kivicare-telemed' );
		if ( $age > HOUR_IN_SECONDS ) {
			/* translators: %s: a duration such as "3 hours". */
			$since = sprintf( __( 'The oldest meeting that is due has been waiting for %s.', 'kivicare-telemed' ), human_time_diff( time() - $age ) );
			return $this->result( $age > DAY_IN_SECONDS ? 'critical' : 'recommended', __( 'Video meetings are waiting to be processed', 'kivicare-telemed' ), array( $since, $advice ) );
		}
		if ( ! $this->facts->is_scheduled() ) {
			return $this->result( 'recommended', __( 'Waiting video meetings are not processed by themselves', 'kivicare-telemed' ), array( __( 'The recurring task is not scheduled. It is scheduled anew when an administrator opens a page of wp-admin.', 'kivicare-telemed' ), $advice ) );
		}
		return $this->result( 'good', __( 'Video meetings are processed in time', 'kivicare-telemed' ), array( __( 'Nothing that is due waits longer than an hour.', 'kivicare-telemed' ) ) );
	}

	protected function id(): string {
		return 'kivicare_telemed_queue';
	}
}
