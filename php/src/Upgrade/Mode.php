<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * What a run of the upgrade does with what it finds.
 */
enum Mode {

	/**
	 * Counts only, writes nothing.
	 */
	case Count;

	case Apply;
}
