<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Rest\Gate;

/**
 * The screen "KiviCare Telemed": under Settings for administrators, under Dashboard for administrators of a clinic,
 * who see doctors and meetings only. Its scripts use WordPress' own components and need no build.
 */
final class SettingsScreen implements Registerable {

	public const SLUG = 'kivicare-telemed';

	private const HANDLE = 'kivicare-telemed-admin';

	/**
	 * Scripts in the order in which they need each other.
	 */
	private const SCRIPTS = array( 'ui', 'offers', 'setup', 'doctors', 'meetings', 'queue', 'statistics', 'app' );

	private const TABS = array( 'setup', 'doctors', 'meetings', 'queue', 'statistics' );

	/**
	 * Tabs whose routes a clinic's administrator may read; see Gate::administrator_or_clinic().
	 */
	private const CLINIC_TABS = array( 'doctors', 'meetings' );

	public function register(): void {
		add_action( 'admin_menu', array( $this, 'menu' ) );
		add_action( 'admin_enqueue_scripts', array( $this, 'enqueue' ) );
	}

	public function menu(): void {
		$title = __( 'KiviCare Telemed', 'kivicare-telemed' );
		if ( current_user_can( 'manage_options' ) ) {
			add_options_page( $title, $title, 'manage_options', self::SLUG, array( $this, 'render' ) );
		} elseif ( Gate::is_clinic_admin( get_current_user_id() ) ) {
			add_submenu_page( 'index.php', $title, $title, 'read', self::SLUG, array( $this, 'render' ) );
		}
	}

	/**
	 * Whether the page under way is this screen.
	 */
	public static function is_shown(): bool {
		return str_ends_with( (string) ( get_current_screen()->id ?? '' ), '_page_' . self::SLUG );
	}

	/**
	 * Puts the scripts on our screen only.
	 *
	 * @param mixed $hook Screen.
	 */
	public function enqueue( $hook ): void {
		if ( ! is_string( $hook ) || ! str_ends_with( $hook, '_page_' . self::SLUG ) || array() === $this->tabs() ) {
			return;
		}
		$base     = dirname( __DIR__, 2 ) . '/kivicare-telemed.php';
		$previous = array( 'wp-element', 'wp-components', 'wp-api-fetch', 'wp-i18n', 'wp-a11y' );
		foreach ( self::SCRIPTS as $name ) {
			$handle = self::HANDLE . '-' . $name;
			wp_enqueue_script( $handle, plugins_url( "assets/admin/{$name}.js", $base ), $previous, Plugin::VERSION, true );
			wp_set_script_translations( $handle, 'kivicare-telemed', dirname( $base ) . '/languages' );
			$previous = array( $handle );
		}
		$screen = array(
			'tabs'     => $this->tabs(),
			'canAct'   => current_user_can( 'manage_options' ),
			'timezone' => wp_timezone_string(),
		);
		wp_add_inline_script( self::HANDLE . '-ui', 'window.kivicareTelemed = ' . (string) wp_json_encode( array( 'screen' => $screen ) ) . ';', 'before' );
		wp_enqueue_style( self::HANDLE, plugins_url( 'assets/admin/admin.css', $base ), array( 'wp-components' ), Plugin::VERSION );
	}

	public function render(): void {
		if ( array() === $this->tabs() ) {
			wp_die( esc_html__( 'You are not allowed to do that.', 'kivicare-telemed' ), '', array( 'response' => 403 ) );
		}
		printf(
			'<div class="wrap"><h1>%s</h1><div id="kivicare-telemed-app" class="kct-app"><p class="hide-if-js">%s</p></div></div>',
			esc_html__( 'KiviCare Telemed', 'kivicare-telemed' ),
			esc_html__( 'This screen needs JavaScript. Without it, use the wp kivicare-telemed commands.', 'kivicare-telemed' )
		);
	}

	/**
	 * Tabs of the current visitor.
	 *
	 * @return list<string>
	 */
	private function tabs(): array {
		return match ( true ) {
			current_user_can( 'manage_options' )         => self::TABS,
			Gate::is_clinic_admin( get_current_user_id() ) => self::CLINIC_TABS,
			default                                      => array(),
		};
	}
}
