<?php
/**
 * Plugin Name: A made-up language for the browser tests
 * A cookie puts brackets around every text that goes through WordPress' translation and is in the plugin's POT file.
 */

declare(strict_types=1);

if ( isset( $_COOKIE['kct_words'] ) ) {
	/**
	 * The POT file's texts, plurals among them.
	 *
	 * @return list<string>
	 */
	function kct_known_words(): array {
		static $known = null;
		if ( null === $known ) {
			require_once ABSPATH . WPINC . '/pomo/po.php';
			$pot = new PO();
			$pot->import_from_file( WP_PLUGIN_DIR . '/kivicare-telemed/languages/kivicare-telemed.pot' );
			$known = array();
			foreach ( $pot->entries as $entry ) {
				array_push( $known, $entry->singular, ...array_filter( array( $entry->plural ) ) );
			}
		}
		return $known;
	}
	$translate = static fn( string $text ): string => in_array( $text, kct_known_words(), true ) ? "[$text]" : $text;
	add_filter( 'gettext_kivicare-telemed', $translate );
	add_filter( 'ngettext_kivicare-telemed', $translate );
	add_action(
		'admin_enqueue_scripts',
		static function (): void {
			$script = 'const known = ' . wp_json_encode( kct_known_words() ) . ';
				for ( const kind of [ "gettext", "ngettext" ] ) {
					wp.hooks.addFilter( "i18n." + kind + "_kivicare-telemed", "kct/words", ( text ) => known.includes( text ) ? "[" + text + "]" : text );
				}';
			wp_add_inline_script( 'wp-i18n', "( function () { $script } )();", 'after' );
		}
	);
}
