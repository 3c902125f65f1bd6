<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * What must be true before KiviCare may believe that telemed is there.
 *
 * Works on plain facts. Codes are collected early, texts only at output: translations load at init.
 */
final class Requirements {

	public const PHP      = '8.2';
	public const WP       = '6.1';
	public const KIVICARE = '4.0.0';

	/**
	 * Takes the facts.
	 *
	 * @param string|null $extension Version of the loaded extension.
	 * @param string|null $kivicare  Version of the active KiviCare.
	 * @param bool        $rival     Whether one of KiviCare's own telemed add-ons is active.
	 */
	public function __construct(
		private readonly string $php,
		private readonly string $wp,
		private readonly ?string $extension,
		private readonly ?string $kivicare,
		private readonly bool $rival
	) {}

	/**
	 * The facts of this request. Call before our own constants and classes exist.
	 */
	public static function of_this_site( Bridge $bridge ): self {
		$kivicare = defined( 'KIVI_CARE_VERSION' ) && class_exists( 'App\\abstracts\\KCAbstractTelemedProvider' );
		$rival    = defined( 'KIVICARE_TELEMED_VERSION' ) || defined( 'KIVICARE_GOOGLE_MEET_ADDON_VERSION' );
		foreach ( array_keys( Compat\ModelLoader::MODELS ) as $class ) {
			$rival = $rival || class_exists( $class, false );
		}
		return new self(
			PHP_VERSION,
			(string) get_bloginfo( 'version' ),
			$bridge->version(),
			$kivicare ? (string) KIVI_CARE_VERSION : null,
			$rival
		);
	}

	/**
	 * Codes of what is missing, most basic first.
	 *
	 * @return list<string>
	 */
	public function problems(): array {
		$checks = array(
			'php'                => version_compare( $this->php, self::PHP, '<' ),
			'wp'                 => version_compare( $this->wp, self::WP, '<' ),
			'extension_missing'  => null === $this->extension,
			'extension_version'  => null !== $this->extension && Plugin::VERSION !== $this->extension,
			'kivicare_missing'   => null === $this->kivicare,
			'kivicare_version'   => null !== $this->kivicare && version_compare( $this->kivicare, self::KIVICARE, '<' ),
			'add_on_active'      => $this->rival,
		);
		return array_keys( array_filter( $checks ) );
	}

	public function are_met(): bool {
		return array() === $this->problems();
	}

	/**
	 * What to do about a problem.
	 */
	public function fix( string $code ): string {
		return match ( $code ) {
			/* translators: %s: version number. */
			'php'               => sprintf( __( 'Raise PHP to %s or newer.', 'kivicare-telemed' ), self::PHP ),
			/* translators: %s: version number. */
			'wp'                => sprintf( __( 'Update WordPress to %s or newer.', 'kivicare-telemed' ), self::WP ),
			/* translators: %s: php.ini file. */
			'extension_missing' => sprintf( __( 'Add the line extension=kivicare_telemed.so to %s and restart PHP.', 'kivicare-telemed' ), (string) ( ( function_exists( 'php_ini_loaded_file' ) ? php_ini_loaded_file() : '' ) ?: 'php.ini' ) ),
			/* translators: 1: plugin version, 2: extension version. */
			'extension_version' => sprintf( __( 'Plugin and extension must have the same version. Install kivicare_telemed.so %1$s (loaded: %2$s) and restart PHP.', 'kivicare-telemed' ), Plugin::VERSION, (string) $this->extension ),
			'kivicare_missing'  => __( 'Install and activate KiviCare (kivicare-clinic-management-system).', 'kivicare-telemed' ),
			/* translators: 1: needed version, 2: active version. */
			'kivicare_version'  => sprintf( __( 'Update KiviCare to %1$s or newer (active: %2$s).', 'kivicare-telemed' ), self::KIVICARE, (string) $this->kivicare ),
			default             => __( 'Deactivate KiviCare\'s own Telemed and Google Meet add-ons; this plugin replaces them.', 'kivicare-telemed' ),
		};
	}

	/**
	 * All fixes.
	 *
	 * @return list<string>
	 */
	public function fixes(): array {
		return array_map( array( $this, 'fix' ), $this->problems() );
	}
}
