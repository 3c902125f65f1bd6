<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Contracts;

/**
 * The share of the database's connections that is ours, on this machine and in all of its processes: visitors need the
 * rest. Every method throws BridgeException.
 */
interface Sessions {

	/**
	 * Makes room for a database session that PHP is about to open; to be followed by session_closed().
	 */
	public function session_wanted(): void;

	/**
	 * Tells that PHP has closed that session.
	 */
	public function session_closed(): void;

	/**
	 * Whether the processes of this machine can count their sessions together, in the folder for temporary files.
	 */
	public function counts_sessions(): bool;
}
