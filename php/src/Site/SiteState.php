<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

/**
 * Whether this is the site that was confirmed.
 */
enum SiteState: string {

	case Confirmed          = 'confirmed';
	case UnknownAddress     = 'unknown_address';
	case EnvironmentChanged = 'environment_changed';

	/**
	 * Compares; no I/O.
	 *
	 * @param Record|null $record What was confirmed; null where nothing was yet: after the update from a version that
	 *                            did not ask.
	 * @param string      $site   Id of the site.
	 */
	public static function of( ?Record $record, Facts $facts, string $site ): self {
		if ( null === $record ) {
			return self::Confirmed;
		}
		if ( $record->site !== $site || array() !== array_diff( $facts->addresses(), $record->addresses ) ) {
			return self::UnknownAddress;
		}
		return 'production' === $record->environment && 'production' !== $facts->environment ? self::EnvironmentChanged : self::Confirmed;
	}
}
