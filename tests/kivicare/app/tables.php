<?php
/**
 * The tables a booking touches, with the columns of the real plugin (contract §6), roles and capabilities (§5).
 */

declare(strict_types=1);

function kct_contract_activate(): void {
	global $wpdb;
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	$id     = 'id bigint(20) unsigned NOT NULL AUTO_INCREMENT';
	$tables = array(
		'kc_appointments'                => "$id,
			appointment_start_date date,
			appointment_start_time time,
			appointment_end_date date,
			appointment_end_time time,
			visit_type varchar(191),
			clinic_id bigint(20) unsigned NOT NULL,
			doctor_id bigint(20) unsigned NOT NULL,
			patient_id bigint(20) unsigned NOT NULL,
			description longtext,
			status tinyint(4) DEFAULT 0,
			created_at datetime,
			appointment_report longtext,
			appointment_start_utc datetime,
			appointment_end_utc datetime,
			created_at_utc datetime,
			appointment_timezone varchar(64) NOT NULL DEFAULT 'UTC'",
		'kc_appointment_service_mapping' => "$id,
			appointment_id bigint(20) unsigned,
			service_id bigint(20) unsigned,
			status tinyint(4) DEFAULT 1,
			created_at datetime",
		'kc_service_doctor_mapping'      => "$id,
			service_id bigint(20) unsigned,
			doctor_id bigint(20) unsigned,
			clinic_id bigint(20) unsigned,
			charges varchar(191),
			telemed_service varchar(10),
			status tinyint(4) DEFAULT 1,
			duration int(5),
			created_at datetime",
		'kc_services'                    => "$id,
			name varchar(191),
			type varchar(191),
			price varchar(191),
			status tinyint(4),
			created_at datetime",
		'kc_clinics'                     => "$id,
			name varchar(191),
			email varchar(191),
			address text,
			clinic_admin_id bigint(20) unsigned,
			status tinyint(4),
			created_at datetime",
		'kc_doctor_clinic_mappings'      => "$id,
			doctor_id bigint(20) unsigned,
			clinic_id bigint(20) unsigned,
			created_at datetime",
		'kc_patient_clinic_mappings'     => "$id,
			patient_id bigint(20) unsigned,
			clinic_id bigint(20) unsigned,
			created_at datetime",
		'kc_receptionist_clinic_mappings' => "$id,
			receptionist_id bigint(20) unsigned,
			clinic_id bigint(20) unsigned,
			created_at datetime",
		'kc_clinic_sessions'             => "$id,
			clinic_id bigint(20) unsigned,
			doctor_id bigint(20) unsigned,
			day varchar(10),
			start_time time,
			end_time time,
			time_slot int(5),
			created_at datetime",
		// Stands for Action Scheduler's table: rows are inserted on $wpdb, so they come and go with the transaction.
		'kc_contract_mails'              => "$id,
			recipient varchar(191),
			subject varchar(191),
			message longtext",
	);
	foreach ( $tables as $name => $columns ) {
		dbDelta( "CREATE TABLE {$wpdb->prefix}$name (\n$columns,\nPRIMARY KEY  (id)\n) {$wpdb->get_charset_collate()};" );
	}
	foreach ( array( 'clinic_admin', 'doctor', 'receptionist', 'patient' ) as $role ) {
		add_role( 'kiviCare_' . $role, 'KiviCare ' . $role, array( 'read' => true, 'kiviCare_appointment_add' => true, 'kiviCare_appointment_edit' => true ) );
	}
}
