<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Contracts;

/**
 * Owns hooks. Adds them here and nowhere else, and does no other work here.
 */
interface Registerable {

	public function register(): void;
}
