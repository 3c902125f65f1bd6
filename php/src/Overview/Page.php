<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

/**
 * One page of a list.
 */
final class Page {

	/**
	 * A page.
	 *
	 * @param list<array<string, mixed>> $items    Rows.
	 * @param int                        $total    Rows on all pages.
	 * @param int                        $per_page Rows on a full page.
	 */
	public function __construct(
		public readonly array $items,
		public readonly int $total,
		public readonly int $per_page
	) {}

	public function pages(): int {
		return (int) ceil( $this->total / $this->per_page );
	}
}
