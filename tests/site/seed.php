<?php
/**
 * Seeds clinic, doctor, patient and a telemed service, and prints their ids as JSON.
 */

declare(strict_types=1);

$_SERVER += array(
	'HTTP_HOST'       => '127.0.0.1',
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);
require getenv( 'WORDPRESS_PATH' ) . '/wp-load.php';

/**
 * Inserts into a table the columns it has; KiviCare's versions differ in some.
 *
 * @param array<string, mixed> $row Values by column.
 */
function kct_insert( string $table, array $row ): int {
	global $wpdb;
	$name    = $wpdb->prefix . $table;
	$columns = $wpdb->get_col( "DESCRIBE `$name`" );
	if ( false === $wpdb->insert( $name, array_intersect_key( $row, array_flip( $columns ) ) ) ) {
		throw new RuntimeException( $table . ': ' . $wpdb->last_error );
	}
	return (int) $wpdb->insert_id;
}

function kct_user( string $login, string $role ): int {
	$id = username_exists( $login );
	if ( ! $id ) {
		$id = wp_insert_user(
			array(
				'user_login'   => $login,
				'user_pass'    => (string) getenv( 'SEED_PASSWORD' ),
				'user_email'   => $login . '@example.test',
				'display_name' => ucfirst( $login ) . ' Example',
				'first_name'   => ucfirst( $login ),
				'last_name'    => 'Example',
				'role'         => $role,
			)
		);
	}
	return (int) $id;
}

/**
 * Lets a doctor offer the service in the clinic, around the clock.
 *
 * @return int The offer's id.
 */
function kct_doctor( int $doctor, int $clinic, int $service, string $zone ): int {
	$now = current_time( 'mysql' );
	kct_insert( 'kc_doctor_clinic_mappings', array( 'doctor_id' => $doctor, 'clinic_id' => $clinic, 'owner' => 0, 'created_at' => $now ) );
	foreach ( array( 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun' ) as $day ) {
		kct_insert(
			'kc_clinic_sessions',
			array(
				'clinic_id'  => $clinic,
				'doctor_id'  => $doctor,
				'day'        => $day,
				'start_time' => '00:00:00',
				'end_time'   => '23:59:00',
				'time_slot'  => 30,
				'parent_id'  => null,
				'created_at' => $now,
			)
		);
	}
	update_user_meta( $doctor, 'timezone', $zone );
	return kct_insert(
		'kc_service_doctor_mapping',
		array(
			'service_id'         => $service,
			'clinic_id'          => $clinic,
			'doctor_id'          => $doctor,
			'charges'            => '0',
			'status'             => 1,
			'telemed_service'    => 'yes',
			'service_name_alias' => '',
			'multiple'           => 'no',
			'duration'           => 30,
			'created_at'         => $now,
		)
	);
}

$now     = current_time( 'mysql' );
$doctor  = kct_user( 'doctor', 'kiviCare_doctor' );
$patient = kct_user( 'patient', 'kiviCare_patient' );
$others  = array(
	'other_doctor_id'  => kct_user( 'doctor2', 'kiviCare_doctor' ),
	'other_patient_id' => kct_user( 'patient2', 'kiviCare_patient' ),
	'receptionist_id'  => kct_user( 'receptionist', 'kiviCare_receptionist' ),
	'clinic_admin_id'  => kct_user( 'clinicadmin', 'kiviCare_clinic_admin' ),
);
$clinic  = kct_insert(
	'kc_clinics',
	array(
		'name'            => 'Example Clinic',
		'email'           => 'clinic@example.test',
		'telephone_no'    => '000',
		'specialties'     => '[]',
		'address'         => 'Example Street 1',
		'city'            => 'Example',
		'state'           => '',
		'country'         => 'Example',
		'country_code'    => 'EX',
		'postal_code'     => '1',
		'status'          => 1,
		'clinic_admin_id' => $others['clinic_admin_id'],
		'extra'           => '{"currency_prefix":"","currency_postfix":""}',
		'created_at'      => $now,
	)
);
kct_insert( 'kc_receptionist_clinic_mappings', array( 'receptionist_id' => $others['receptionist_id'], 'clinic_id' => $clinic, 'created_at' => $now ) );
foreach ( array( $patient, $others['other_patient_id'] ) as $id ) {
	kct_insert( 'kc_patient_clinic_mappings', array( 'patient_id' => $id, 'clinic_id' => $clinic, 'created_at' => $now ) );
}
$service = kct_insert( 'kc_services', array( 'type' => 'system_service', 'name' => 'Video visit', 'price' => '0', 'status' => 1, 'created_at' => $now ) );
$mapping = kct_doctor( $doctor, $clinic, $service, 'Asia/Kolkata' );

echo wp_json_encode(
	array(
		'clinic_id'  => $clinic,
		'doctor_id'  => $doctor,
		'patient_id' => $patient,
		'service_id' => $service,
		'mapping_id' => $mapping,
		'other_mapping_id' => kct_doctor( $others['other_doctor_id'], $clinic, $service, 'America/New_York' ),
		'password'   => getenv( 'SEED_PASSWORD' ),
	) + $others
), "\n";
