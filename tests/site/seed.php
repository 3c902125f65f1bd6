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

require __DIR__ . '/seed-lib.php';

$now     = current_time( 'mysql' );
$doctor  = kct_user( 'doctor', 'kiviCare_doctor' );
$patient = kct_user( 'patient', 'kiviCare_patient' );
$others  = array(
	'other_doctor_id'  => kct_user( 'doctor2', 'kiviCare_doctor' ),
	'other_patient_id' => kct_user( 'patient2', 'kiviCare_patient' ),
	'receptionist_id'  => kct_user( 'receptionist', 'kiviCare_receptionist' ),
	'clinic_admin_id'  => kct_user( 'clinicadmin', 'kiviCare_clinic_admin' ),
);
$clinic  = kct_clinic( 'Example Clinic', $others['clinic_admin_id'] );
kct_insert( 'kc_receptionist_clinic_mappings', array( 'receptionist_id' => $others['receptionist_id'], 'clinic_id' => $clinic, 'created_at' => $now ) );
foreach ( array( $patient, $others['other_patient_id'] ) as $id ) {
	kct_insert( 'kc_patient_clinic_mappings', array( 'patient_id' => $id, 'clinic_id' => $clinic, 'created_at' => $now ) );
}
$service = kct_insert( 'kc_services', array( 'type' => 'system_service', 'name' => 'Video visit', 'price' => '0', 'status' => 1, 'created_at' => $now ) );
$mapping = kct_doctor( $doctor, $clinic, $service, 'Asia/Kolkata' );

// The dashboard's set-up wizard is done with.
update_option( 'clinic_setup_wizard', 1 );
update_option( 'kc_setup_wizard_completed', true );

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
