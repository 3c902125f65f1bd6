<?php
/**
 * Connects the seeded clinic to the sandbox's Zoom by the plugin's own services. Repeatable: the plugin's tests change
 * the settings.
 */

declare(strict_types=1);

$_SERVER += array(
	'HTTP_HOST'       => '127.0.0.1',
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);
require getenv( 'WORDPRESS_PATH' ) . '/wp-load.php';

$doctor  = (int) json_decode( (string) file_get_contents( KCT_RUN . '/seed.json' ), true )['doctor_id'];
$sandbox = json_decode( (string) file_get_contents( KCT_RUN . '/sandbox.json' ), true );
$plugin  = KiviCare\Telemed\Plugin::instance();
// As wp-admin does after an update.
( new KiviCare\Telemed\Install\Installer( new KiviCare\Telemed\Install\Schema( $wpdb ) ) )->upgrade();
$plugin->settings()->save_zoom(
	$plugin->bridge(),
	array(
		'auth_type'     => 'server-to-server',
		'account_id'    => $sandbox['seed']['account_id'],
		'client_id'     => $sandbox['seed']['client_id'],
		'client_secret' => $sandbox['seed']['client_secret'],
	)
);
$plugin->google()->save(
	$plugin->bridge(),
	array(
		'enableCal'     => 'Yes',
		'client_id'     => $sandbox['seed']['google']['client_id'],
		'client_secret' => $sandbox['seed']['google']['client_secret'],
		'app_name'      => 'Example Clinic',
	)
);
// Tokens of an earlier run belong to a sandbox that is gone.
foreach ( array( 'kiviCare_doctor_zoom_telemed_config', 'google_meet_access_token', 'kivicare_telemed_google_identity', 'kiviCare_google_meet_connect', 'telemed_type', 'kivicare_telemed_retiring' ) as $key ) {
	delete_metadata( 'user', 0, $key, '', true );
}
$wpdb->query( "DELETE FROM {$wpdb->prefix}kc_telemed_calendars" );
$wpdb->query( "DELETE FROM {$wpdb->options} WHERE option_name LIKE 'kivicare\\_telemed\\_zoom\\_token\\_%'" );

// The second doctor has a Zoom user in the clinic's account, too.
$curl = curl_init( $sandbox['admin_url'] . '/users' );
curl_setopt_array(
	$curl,
	array(
		CURLOPT_POSTFIELDS     => (string) wp_json_encode( array( 'id' => 'sandboxDoctorBBBBBBBBB', 'email' => 'doctor2@example.test', 'account' => $sandbox['seed']['account_id'] ) ),
		CURLOPT_HTTPHEADER     => array( 'Content-Type: application/json' ),
		CURLOPT_RETURNTRANSFER => true,
		CURLOPT_NOPROXY        => '*',
	)
);
curl_exec( $curl );

// Approved as an administrator would; the second one is not offered by KiviCare.
$plugin->doctors()->use_clinic_account( $doctor, 'doctor@example.test' );
$other = (int) json_decode( (string) file_get_contents( KCT_RUN . '/seed.json' ), true )['other_doctor_id'];
$plugin->doctors()->map_zoom_user( $other, 'doctor2@example.test' );
