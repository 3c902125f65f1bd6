<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

/**
 * How the clinic talks to Zoom, spelled as KiviCare's dashboard spells it.
 */
enum AuthType: string {

	case None           = 'none';
	case OAuth          = 'oauth';
	case ServerToServer = 'server-to-server';
}
