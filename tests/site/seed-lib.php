<?php
/**
 * Clinics, doctors and patients for the throw-away site; loaded within WordPress.
 */

declare(strict_types=1);

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

/**
 * A clinic.
 */
function kct_clinic( string $name, int $admin_id ): int {
	return kct_insert(
		'kc_clinics',
		array(
			'name'            => $name,
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
			'clinic_admin_id' => $admin_id,
			'extra'           => '{"currency_prefix":"","currency_postfix":""}',
			'created_at'      => current_time( 'mysql' ),
		)
	);
}
