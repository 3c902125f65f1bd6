<?php
/**
 * Plugin Name: Right-to-left for the browser tests
 * A cookie turns the site's direction; a language pack would have to be downloaded.
 */

declare(strict_types=1);

if ( isset( $_COOKIE['kct_rtl'] ) ) {
	add_action(
		'init',
		static function (): void {
			$GLOBALS['wp_locale']->text_direction = 'rtl';
			wp_styles()->text_direction           = 'rtl';
		},
		0
	);
}
