<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

/**
 * Who may call what. Asks WordPress for the current user each time: KiviCare's own cached role survives a missing nonce.
 */
final class Gate {

	public const DOCTOR = 'kiviCare_doctor';

	public const CLINIC_ADMIN = 'kiviCare_clinic_admin';

	/**
	 * Fired when somebody is turned away.
	 */
	public const REFUSED_ACTION = 'kivicare_telemed_refused';

	/**
	 * Permission callback of the clinic's settings.
	 */
	public static function administrator(): bool|\WP_Error {
		return current_user_can( 'manage_options' ) ? true : self::refused();
	}

	/**
	 * Permission callback of a doctor's own settings; the doctor is always the one who is logged in.
	 */
	public static function doctor(): bool|\WP_Error {
		return self::is_doctor( get_current_user_id() ) ? true : self::refused();
	}

	/**
	 * Permission callback of what both may try.
	 */
	public static function doctor_or_administrator(): bool|\WP_Error {
		return current_user_can( 'manage_options' ) ? true : self::doctor();
	}

	/**
	 * Permission callback of routes that a browser opens as a page: no nonce comes with them, so the handler finds out
	 * who is there by the login cookie, and answers with a page.
	 */
	public static function browser(): bool {
		return true;
	}

	/**
	 * The visitor of such a page, 0 for nobody.
	 */
	public static function visitor(): int {
		$user_id = get_current_user_id();
		return $user_id > 0 ? $user_id : (int) wp_validate_auth_cookie( '', 'logged_in' );
	}

	/**
	 * Permission callback of lists that a clinic's own administrator may read too, for that clinic; see clinic_restriction().
	 */
	public static function administrator_or_clinic(): bool|\WP_Error {
		return current_user_can( 'manage_options' ) || self::is_clinic_admin( get_current_user_id() ) ? true : self::refused();
	}

	/**
	 * The clinic admin to whose clinics the current visitor's lists are restricted; 0 for administrators. For visitors
	 * whom administrator_or_clinic() has let in.
	 */
	public static function clinic_restriction(): int {
		return current_user_can( 'manage_options' ) ? 0 : get_current_user_id();
	}

	public static function is_doctor( int $user_id ): bool {
		return self::has_role( $user_id, self::DOCTOR );
	}

	public static function is_clinic_admin( int $user_id ): bool {
		return self::has_role( $user_id, self::CLINIC_ADMIN );
	}

	private static function has_role( int $user_id, string $role ): bool {
		$user = $user_id > 0 ? get_userdata( $user_id ) : false;
		return $user && in_array( $role, (array) $user->roles, true );
	}

	private static function refused(): \WP_Error {
		do_action( self::REFUSED_ACTION );
		return new \WP_Error(
			'rest_forbidden',
			__( 'You are not allowed to do that.', 'kivicare-telemed' ),
			array( 'status' => rest_authorization_required_code() )
		);
	}
}
