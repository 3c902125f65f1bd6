<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\Admin\Advice;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Overview\Operations;
use KiviCare\Telemed\Overview\Query;

/**
 * The journal as a queue: what waits, why, and another try.
 */
final class AdminOperationsController extends AdminController {

	/**
	 * Parts.
	 *
	 * @param \Closure(): Operations $list Makes the list.
	 */
	public function __construct(
		private readonly \Closure $list,
		private readonly Reconciler $reconciler,
		private readonly Journal $journal
	) {}

	public function routes(): void {
		$state = $this->choice( array( '', 'unfinished', 'in_flight', 'pending', 'parked', 'done', 'failed' ), 'unfinished' );
		$this->route( 'operations', 'GET', 'show', $this->paging() + array( 'state' => $state ) );
		$this->route( 'operations/(?P<operation>\d+)/retry', 'POST', 'retry' );
	}

	public function show( \WP_REST_Request $request ): \WP_REST_Response {
		$page = ( $this->list )()->page( Query::of( $request->get_params() ) );
		return $this->answer(
			array(
				'items'  => Advice::added( $page->items ),
				'total'  => $page->total,
				'pages'  => $page->pages(),
				'counts' => $this->journal->counts(),
			)
		);
	}

	/**
	 * An operation is only a record; what is tried again is to bring its appointment in line.
	 */
	public function retry( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		$operation = ( $this->list )()->find( array( (int) $request['operation'] ) )[ (int) $request['operation'] ] ?? null;
		if ( null === $operation ) {
			return $this->failure( 'rest_post_invalid_id', __( 'There is no such operation.', 'kivicare-telemed' ), 404 );
		}
		$this->journal->hasten( $operation['appointment_id'] );
		$outcome = $this->reconciler->run( $operation['appointment_id'], true );
		return $this->answer( AdminMeetingsController::verdict( $outcome ) + array( 'counts' => $this->journal->counts() ) );
	}
}
