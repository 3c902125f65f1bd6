<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Lets WordPress find translations beside the plugin, too; those in wp-content/languages win.
 */
final class Translations implements Registerable {

	public function register(): void {
		add_action( 'init', array( $this, 'load' ), 0 );
	}

	public function load(): void {
		load_plugin_textdomain( 'kivicare-telemed', false, dirname( plugin_basename( dirname( __DIR__ ) . '/kivicare-telemed.php' ) ) . '/languages' );
	}
}
