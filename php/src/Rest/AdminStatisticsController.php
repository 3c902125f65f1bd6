<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\Journal;

/**
 * Numbers of the last days.
 */
final class AdminStatisticsController extends AdminController {

	public function __construct( private readonly Journal $journal ) {}

	public function routes(): void {
		$this->route( 'statistics', 'GET', 'show', array( 'days' => array( 'type' => 'integer', 'minimum' => 1, 'maximum' => 365, 'default' => 30 ) ) );
	}

	public function show( \WP_REST_Request $request ): \WP_REST_Response {
		return $this->answer( array( 'days' => $this->journal->statistics( (int) $request['days'] ) ) );
	}
}
