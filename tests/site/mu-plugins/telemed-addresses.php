<?php
/**
 * Plugin Name: Addresses of the throw-away site by language
 * Does what plugins for several languages do on the front end: puts the language into the site's addresses. Only while a
 * test asks for it.
 */

declare(strict_types=1);

if ( file_exists( KCT_RUN . '/filter-addresses' ) ) {
	$kct_english = static fn( $url ) => preg_replace( '#^(https?://[^/]+)(?:/en)?(/|$)#', '$1/en$2', (string) $url );
	foreach ( array( 'home_url', 'rest_url', 'site_url', 'option_home' ) as $kct_filter ) {
		add_filter( $kct_filter, $kct_english, 99 );
	}
}
