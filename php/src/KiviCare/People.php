<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;

/**
 * Whether the people of an appointment exist: KiviCare keeps appointments of patients and doctors it has deleted.
 */
final class People {

	/**
	 * Whether both are there.
	 *
	 * @throws BridgeException When that cannot be told: a meeting does not end because the database did not answer.
	 */
	public static function are_there( Appointment $appointment ): bool {
		return self::is_there( $appointment->doctor_id ) && self::is_there( $appointment->patient_id );
	}

	private static function is_there( int $user_id ): bool {
		if ( false !== get_userdata( $user_id ) ) {
			return true;
		}
		$database = CommittedDatabase::reader();
		// phpcs:ignore WordPress.DB
		$found = $database->get_var( $database->prepare( "SELECT EXISTS(SELECT 1 FROM {$database->users} WHERE ID = %d)", $user_id ) );
		return '0' === $found ? false : throw new BridgeException( Failure::Store, 'the people of the appointment cannot be read; it will be looked at again' );
	}
}
