<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * The clinic's Google settings: the original add-on's option, its client secret sealed. Constants win.
 */
final class GoogleSettings {

	public const OPTION = 'kiviCare_google_meet_setting';

	private const DEFAULTS = array(
		'enableCal'        => 'No',
		'client_id'        => '',
		'client_secret'    => '',
		'app_name'         => '',
		// Whom Google mails: none, externalOnly, all. KiviCare mails the patient.
		'send_updates'     => 'none',
		// Minutes before the visit at which Google reminds the doctor; empty for the calendar's own reminders.
		'reminder_minutes' => '',
	);

	private readonly SealedOption $option;

	public function __construct( private readonly Constants $constants ) {
		$overrides    = array( 'client_id' => 'GOOGLE_CLIENT_ID', 'client_secret' => 'GOOGLE_CLIENT_SECRET' );
		$this->option = new SealedOption( self::OPTION, self::DEFAULTS, array( 'client_secret' ), $overrides, $constants );
	}

	/**
	 * Effective settings. The secret is sealed, or plain when it comes from a constant.
	 *
	 * @return array<string, string>
	 */
	public function all(): array {
		return $this->option->effective();
	}

	/**
	 * Effective settings as a screen or REST answer may show them.
	 *
	 * @return array<string, string>
	 */
	public function for_display(): array {
		return $this->option->masked( $this->all() );
	}

	/**
	 * Whether doctors can use Google Meet here.
	 */
	public function is_configured(): bool {
		$settings = $this->all();
		return in_array( strtolower( $settings['enableCal'] ), array( 'yes', 'on' ), true ) && '' !== $settings['client_id'] && '' !== $settings['client_secret'];
	}

	/**
	 * Saves settings.
	 *
	 * @param array<string, string> $changes Fields of DEFAULTS, the secret in plain. Absent ones keep their value.
	 * @throws \InvalidArgumentException When Google Meet is switched on without credentials, or a field is unusable.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the secret cannot be sealed; nothing is saved then.
	 */
	public function save( Bridge $bridge, #[\SensitiveParameter] array $changes ): void {
		$settings = $this->option->changed( $bridge, $changes );
		if ( ! in_array( $settings['send_updates'], array( 'none', 'externalOnly', 'all' ), true ) ) {
			throw new \InvalidArgumentException( __( 'send_updates must be none, externalOnly or all.', 'kivicare-telemed' ) );
		}
		if ( '' !== $settings['reminder_minutes'] && ( 1 !== preg_match( '/^\d{1,9}$/D', $settings['reminder_minutes'] ) || (int) $settings['reminder_minutes'] > 40320 ) ) {
			throw new \InvalidArgumentException( __( 'The reminder must be a number of minutes up to 40320 (four weeks).', 'kivicare-telemed' ) );
		}
		$client_id = $this->constants->text( 'GOOGLE_CLIENT_ID' ) ?? $settings['client_id'];
		$secret    = $this->constants->text( 'GOOGLE_CLIENT_SECRET' ) ?? $settings['client_secret'];
		if ( 'Yes' === $settings['enableCal'] && ( '' === $client_id || '' === $secret ) ) {
			throw new \InvalidArgumentException( __( 'Client ID and client secret of the Google Cloud app are needed.', 'kivicare-telemed' ) );
		}
		if ( 'Yes' === $settings['enableCal'] && '' === $settings['app_name'] ) {
			// KiviCare counts Google Meet as on only with a name.
			$settings['app_name'] = get_bloginfo( 'name' ) ?: 'KiviCare';
		}
		$this->option->write( $settings );
	}
}
