<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\Admin\SiteNotice;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\SiteHealth\SiteCheck;

/**
 * Which site this is, for whoever puts the plugin together. Also where the extension is missing: a copy must be able to
 * say so.
 */
final class Parts {

	/**
	 * Services with hooks.
	 *
	 * @return list<Registerable>
	 */
	public function services(): array {
		$catch_up = new CatchUp();
		return array( $catch_up, new SiteNotice( fn(): Decisions => $this->decisions( $catch_up->soon( ... ) ) ), new SiteCheck() );
	}

	/**
	 * What an administrator may say about the site.
	 *
	 * @param \Closure(): void $catch_up Does what waited.
	 */
	public function decisions( \Closure $catch_up ): Decisions {
		return new Decisions( new SiteRows(), $catch_up );
	}
}
