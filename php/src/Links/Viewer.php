<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Links;

use KiviCare\Telemed\KiviCare\Appointment;

/**
 * Who looks at an appointment, and which link is that person's.
 */
final class Viewer {

	private function __construct(
		private readonly int $user_id,
		private readonly bool $is_administrator
	) {}

	public static function of( int $user_id ): self {
		return new self( $user_id, $user_id > 0 && user_can( $user_id, 'manage_options' ) );
	}

	public static function current(): self {
		return self::of( get_current_user_id() );
	}

	/**
	 * The assigned doctor, and administrators.
	 */
	public function may_host( Appointment $appointment ): bool {
		return $this->hosts( $appointment->doctor_id );
	}

	/**
	 * Whether an appointment of this doctor is this viewer's to start.
	 */
	public function hosts( int $doctor_id ): bool {
		return $this->user_id > 0 && ( $this->is_administrator || $doctor_id === $this->user_id );
	}

	/**
	 * Whether an appointment of this patient is this viewer's to join.
	 */
	public function joins( int $patient_id ): bool {
		return $this->user_id > 0 && $patient_id === $this->user_id;
	}
}
