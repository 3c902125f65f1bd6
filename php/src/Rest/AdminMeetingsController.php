<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\Admin\Advice;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Overview\Meetings;
use KiviCare\Telemed\Overview\Query;

/**
 * Meetings and their repair. A clinic's administrator reads their own clinic's.
 */
final class AdminMeetingsController extends AdminController {

	/**
	 * Parts.
	 *
	 * @param \Closure(): Meetings $list Makes the list.
	 */
	public function __construct(
		private readonly \Closure $list,
		private readonly Reconciler $reconciler,
		private readonly Journal $journal
	) {}

	public function routes(): void {
		$filters = array(
			'state'    => $this->choice( array( '', 'ready', 'in_flight', 'pending', 'parked', 'failed' ), '' ),
			'provider' => $this->choice( array( '', 'zoom', 'googlemeet' ), '' ),
			'when'     => $this->choice( array( '', 'ahead', 'past' ), '' ),
			'doctor'   => array( 'type' => 'integer', 'minimum' => 0, 'default' => 0 ),
		);
		$this->route( 'meetings', 'GET', 'show', $this->paging() + $filters, 'administrator_or_clinic' );
		$this->route( 'meetings/(?P<appointment>\d+)/repair', 'POST', 'repair' );
	}

	public function show( \WP_REST_Request $request ): \WP_REST_Response {
		$page = ( $this->list )()->page( Query::of( array( 'appointment' => 0 ) + $request->get_params(), Gate::clinic_restriction() ) );
		return $this->answer( array( 'items' => Advice::added( $page->items ), 'total' => $page->total, 'pages' => $page->pages() ) );
	}

	/**
	 * Compares the meeting with its appointment and with the provider, now.
	 */
	public function repair( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		$id    = (int) $request['appointment'];
		$known = array() !== ( $this->list )()->of_appointment( $id ) || in_array( $id, $this->journal->unfinished(), true );
		if ( ! $known ) {
			return $this->failure( 'rest_post_invalid_id', __( 'This appointment has no meeting and waits for none.', 'kivicare-telemed' ), 404 );
		}
		$this->journal->hasten( $id );
		$outcome = $this->reconciler->run( $id, true );
		$items   = Advice::added( ( $this->list )()->of_appointment( $id ) );
		return $this->answer( self::verdict( $outcome ) + array( 'items' => $items ) );
	}

	/**
	 * What became of a run.
	 *
	 * @param array<string, mixed> $outcome Of the reconciler.
	 * @return array{state: string, reason: string, message: string, remedy: string}
	 */
	public static function verdict( array $outcome ): array {
		$reason = (string) ( $outcome['reason'] ?? '' );
		return array(
			'state'   => (string) ( $outcome['state'] ?? '' ),
			'reason'  => $reason,
			'message' => (string) ( $outcome['message'] ?? '' ),
			'remedy'  => Advice::of( $reason ),
		);
	}
}
