<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\CauseNotice;
use KiviCare\Telemed\Admin\Journal;
use KiviCare\Telemed\StatusReport;

/**
 * The state of the whole, for the head of the administrator's screen.
 */
final class AdminOverviewController extends AdminController {

	/**
	 * Parts.
	 *
	 * @param \Closure(): StatusReport $status Makes the report.
	 */
	public function __construct(
		private readonly \Closure $status,
		private readonly Journal $journal,
		private readonly CauseNotice $causes
	) {}

	public function routes(): void {
		$this->route( 'overview', 'GET', 'show' );
	}

	public function show(): \WP_REST_Response {
		return $this->answer(
			array(
				'status' => array_column( ( $this->status )()->rows(), 'value', 'item' ),
				'counts' => $this->journal->counts(),
				'causes' => $this->causes->lines(),
			)
		);
	}
}
