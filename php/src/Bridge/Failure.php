<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Bridge;

/**
 * Families of failures, one per exception class of the extension.
 */
enum Failure: string {

	case Configuration = 'configuration';
	case InvalidInput  = 'invalid_input';
	case Vault         = 'vault';
	case Store         = 'store';
	case Authorization = 'authorization';
	case Provider      = 'provider';
	case Paused        = 'site_paused';
	case Internal      = 'internal';

	/**
	 * Whether the same call can succeed later without other data.
	 */
	public function may_pass(): bool {
		return self::InvalidInput !== $this;
	}
}
