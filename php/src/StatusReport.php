<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\Site\Identity;

/**
 * The plugin's state for people, without secrets.
 */
final class StatusReport {

	public function __construct(
		private readonly Requirements $requirements,
		private readonly Bridge $bridge,
		private readonly Settings $settings,
		private readonly GoogleSettings $google,
		private readonly Schema $schema
	) {}

	/**
	 * Rows of the report.
	 *
	 * @return list<array{item: string, value: string}>
	 */
	public function rows(): array {
		$rows = array(
			'plugin'       => Plugin::VERSION,
			'extension'    => $this->bridge->version() ?? 'not loaded',
			'requirements' => $this->requirements->are_met() ? 'met' : implode( ' ', $this->requirements->fixes() ),
			'site'         => Identity::state()->value,
			'tables'       => $this->schema->is_complete() ? 'complete' : 'incomplete',
			'key'          => $this->key_source(),
			'zoom'         => $this->settings->auth_type()->value,
			'zoom_ready'   => $this->settings->is_configured() ? 'yes' : 'no',
			'google_meet'  => $this->google->is_configured() ? 'on' : 'off',
		);
		return array_map(
			static fn( string $item, string $value ) => compact( 'item', 'value' ),
			array_keys( $rows ),
			array_values( $rows )
		);
	}

	private function key_source(): string {
		try {
			return $this->bridge->vault_status()['source'];
		} catch ( BridgeException $error ) {
			return $error->getMessage();
		}
	}
}
