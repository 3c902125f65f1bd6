<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * Doctors whose old credentials are of no use any more; the notice names them.
 */
final class Disused {

	public const OPTION = 'kivicare_telemed_upgrade_notice';

	/**
	 * Notes a doctor.
	 */
	public function add( int $doctor_id ): void {
		$doctors = $this->doctors();
		if ( ! in_array( $doctor_id, $doctors, true ) ) {
			update_option( self::OPTION, array( 'doctors' => array( ...$doctors, $doctor_id ) ), false );
		}
	}

	/**
	 * Noted doctors.
	 *
	 * @return list<int>
	 */
	public function doctors(): array {
		$option = get_option( self::OPTION, array() );
		return array_map( 'intval', array_values( (array) ( is_array( $option ) ? $option['doctors'] ?? array() : array() ) ) );
	}

	public function clear(): void {
		delete_option( self::OPTION );
	}
}
