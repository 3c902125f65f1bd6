<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Sweep;

/**
 * "Repair all" in steps that fit into a request; the screen asks again with the cursor and shows how far it is.
 */
final class AdminRepairController extends AdminController {

	/**
	 * Seconds for one step.
	 */
	private const BUDGET = 5;

	/**
	 * Appointments in one step at most, so that the progress moves.
	 */
	private const STEP = 10;

	public function __construct(
		private readonly Sweep $sweep,
		private readonly Reconciler $reconciler,
		private readonly Journal $journal
	) {}

	public function routes(): void {
		$this->route( 'repair', 'POST', 'step', array( 'cursor' => array( 'type' => 'string', 'pattern' => '^(\d+:\d+:\d+)?$', 'default' => '' ) ) );
	}

	/**
	 * A cursor is "last appointment:done:failed": ids only grow, so what came after in the meantime is met too.
	 */
	public function step( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		list( $last, $done, $failed ) = array_map( 'intval', explode( ':', (string) $request['cursor'] ) + array( 0, 0, 0 ) );
		try {
			$ids = $this->ahead( $last );
		} catch ( BridgeException $error ) {
			return $this->failure( 'kivicare_telemed_queue', $error->getMessage(), 503 );
		}
		$total = $done + count( $ids );
		$until = microtime( true ) + self::BUDGET;
		foreach ( array_slice( $ids, 0, self::STEP ) as $id ) {
			$this->journal->hasten( $id );
			$state   = $this->reconciler->run( $id )['state'] ?? '';
			$failed += in_array( $state, array( 'pending', 'parked', 'failed' ), true ) ? 1 : 0;
			$last    = $id;
			++$done;
			if ( microtime( true ) > $until ) {
				break;
			}
		}
		$cursor = $done < $total ? "$last:$done:$failed" : null;
		return $this->answer( compact( 'done', 'total', 'failed', 'cursor' ) );
	}

	/**
	 * Appointments to look at, behind the last one. A look that changes nothing: the steps of one run see the same ones.
	 *
	 * @return list<int>
	 * @throws BridgeException When the queue cannot be read.
	 */
	private function ahead( int $last ): array {
		$ids = array_unique( array_merge( $this->journal->unfinished(), ...array_values( $this->sweep->report() ) ) );
		sort( $ids );
		return array_values( array_filter( $ids, static fn( int $id ): bool => $id > $last ) );
	}
}
