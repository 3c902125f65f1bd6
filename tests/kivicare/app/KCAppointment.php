<?php

declare(strict_types=1);

namespace App\models;

use App\baseClasses\KCBaseModel;

/**
 * An appointment row with the real property names.
 */
class KCAppointment extends KCBaseModel {

	private const COLUMNS = array(
		'id'                   => 'id',
		'appointmentStartDate' => 'appointment_start_date',
		'appointmentStartTime' => 'appointment_start_time',
		'appointmentEndDate'   => 'appointment_end_date',
		'appointmentEndTime'   => 'appointment_end_time',
		'visitType'            => 'visit_type',
		'clinicId'             => 'clinic_id',
		'doctorId'             => 'doctor_id',
		'patientId'            => 'patient_id',
		'description'          => 'description',
		'status'               => 'status',
		'createdAt'            => 'created_at',
		'appointmentTimezone'  => 'appointment_timezone',
	);

	protected static function initSchema(): array {
		return array(
			'table_name' => 'kc_appointments',
			'columns'    => array_map( static fn( string $column ): array => array( 'column' => $column, 'type' => 'string' ), self::COLUMNS ),
		);
	}
}
