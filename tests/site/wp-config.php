<?php
/**
 * Prints the throw-away site's wp-config.php from the environment.
 */

declare(strict_types=1);

$sandbox = json_decode( (string) file_get_contents( (string) getenv( 'SANDBOX_JSON' ) ), true );
// The bench puts a delay between the site and the provider.
$base    = getenv( 'SANDBOX_BASE' ) ?: $sandbox['tls_url'];
$salt    = (string) getenv( 'SITE_SALT' );
$values  = array(
	'DB_NAME'                         => getenv( 'TELEMED_TEST_DB_NAME' ),
	'DB_USER'                         => getenv( 'TELEMED_TEST_DB_USER' ),
	'DB_PASSWORD'                     => getenv( 'TELEMED_TEST_DB_PASSWORD' ),
	'DB_HOST'                         => getenv( 'TELEMED_TEST_DB_HOST' ),
	'DB_CHARSET'                      => 'utf8mb4',
	'DB_COLLATE'                      => '',
	'WP_HOME'                         => getenv( 'SITE_URL' ),
	'WP_SITEURL'                      => getenv( 'SITE_URL' ),
	'WP_DEBUG'                        => true,
	'WP_DEBUG_DISPLAY'                => false,
	'WP_DEBUG_LOG'                    => getenv( 'CACHE' ) . '/debug.log',
	'DISABLE_WP_CRON'                 => true,
	// The sandbox alone: on a network of sites its address is not the site's own.
	'WP_HTTP_BLOCK_EXTERNAL'          => true,
	'WP_ACCESSIBLE_HOSTS'             => '127.0.0.1',
	'AUTOMATIC_UPDATER_DISABLED'      => true,
	'KIVICARE_TELEMED_KEY'            => getenv( 'SITE_KEY' ),
	'KIVICARE_TELEMED_ZOOM_API_URL'   => $base . '/v2',
	'KIVICARE_TELEMED_ZOOM_OAUTH_URL' => $base . '/oauth',
	'KIVICARE_TELEMED_GOOGLE_AUTH_URL'   => $base . '/o/oauth2/v2/auth',
	'KIVICARE_TELEMED_GOOGLE_TOKEN_URL'  => $base . '/token',
	'KIVICARE_TELEMED_GOOGLE_REVOKE_URL' => $base . '/revoke',
	'KIVICARE_TELEMED_GOOGLE_API_URL'    => $base . '/calendar/v3',
	// The site itself is plain http on loopback; the sandbox takes that for the proxy that speaks https.
	'KIVICARE_TELEMED_PUSH_URL'       => getenv( 'SITE_URL' ) . '/index.php?rest_route=/kivicare-telemed/v1/webhooks/google',
	'KIVICARE_TELEMED_CA_FILE'        => $sandbox['ca_file'],
	'KCT_RUN'                         => getenv( 'RUN' ),
);
foreach ( array( 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ) as $name ) {
	$values[ $name ] = hash( 'sha512', $name . $salt );
}
echo "<?php\n";
// What a test says otherwise, for all processes of the site at once: constants, and settings of php.ini.
echo '$kct_file  = ' . var_export( getenv( 'RUN' ) . '/otherwise.json', true ) . ";\n";
echo <<<'OTHERWISE'
$kct_other = is_file( $kct_file ) ? (array) json_decode( (string) file_get_contents( $kct_file ), true ) : array();
foreach ( $kct_other['constants'] ?? array() as $kct_name => $kct_value ) {
	define( $kct_name, $kct_value );
}
foreach ( $kct_other['ini'] ?? array() as $kct_name => $kct_value ) {
	ini_set( $kct_name, $kct_value );
}
// A copy of the site, for processes that ask for it: the same files, what its own settings change, null for left out.
$kct_copy = (string) ( $_SERVER['KCT_COPY'] ?? getenv( 'KCT_COPY' ) );
$kct_own  = '' === $kct_copy ? array() : require $kct_copy . '/settings.php';

OTHERWISE;
foreach ( $values as $name => $value ) {
	echo "array_key_exists( '$name', \$kct_own ) || defined( '$name' ) || define( '$name', " . var_export( $value, true ) . " );\n";
}
echo "foreach ( array_filter( \$kct_own, static fn( \$value ) => null !== \$value ) as \$kct_name => \$kct_value ) {\n\tdefine( \$kct_name, \$kct_value );\n}\n";
// A network of sites beside the site, for processes that ask for it: installed first, then with its sites.
echo <<<'NETWORK'
$network      = (string) getenv( 'KCT_NETWORK' );
$table_prefix = '' === $network ? 'wp_' : 'net_';
if ( '' !== $network ) {
	$_SERVER['HTTP_HOST'] = 'network.example.test';
}
if ( 'install' === $network ) {
	define( 'WP_INSTALLING', true );
}
if ( 'sites' === $network ) {
	define( 'MULTISITE', true );
	define( 'SUBDOMAIN_INSTALL', false );
	define( 'DOMAIN_CURRENT_SITE', 'network.example.test' );
	define( 'PATH_CURRENT_SITE', '/' );
	define( 'SITE_ID_CURRENT_SITE', 1 );
	define( 'BLOG_ID_CURRENT_SITE', 1 );
}

NETWORK;
echo "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );\nrequire_once ABSPATH . 'wp-settings.php';\n";
