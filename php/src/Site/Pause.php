<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;

/**
 * Whether the plugin is paused: this may be a copy of the site, or the site at another address, and until an
 * administrator has said which, nothing leaves it. The extension refuses by itself; asking here saves the way there.
 */
final class Pause {

	public static function is_on(): bool {
		return SiteState::Confirmed !== Identity::state();
	}

	/**
	 * Why nothing happens, for people.
	 */
	public static function text(): string {
		return __( 'KiviCare Telemed is paused on this site until an administrator has said whether the site has moved or is a copy.', 'kivicare-telemed' );
	}

	public static function failure(): BridgeException {
		return new BridgeException( Failure::Paused, self::text() );
	}
}
