<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Rest\Dashboard;
use KiviCare\Telemed\Site\Pause;

/**
 * A mail that asks a doctor to connect an account. It holds no secret: the doctor logs in first.
 */
final class Invitation {

	/**
	 * Sends it.
	 *
	 * @return bool Whether the mail was handed over.
	 */
	public static function send( \WP_User $doctor, Provider $provider ): bool {
		if ( Pause::is_on() ) {
			return false;
		}
		$clinic = wp_specialchars_decode( (string) get_bloginfo( 'name' ), ENT_QUOTES );
		/* translators: %s: Zoom or Google Meet. */
		$subject = sprintf( __( 'Please connect your %s account', 'kivicare-telemed' ), $provider->label() );
		$text    = sprintf(
			/* translators: 1: doctor's name, 2: name of the site, 3: Zoom or Google Meet, 4: address of a page */
			__( "Hello %1\$s,\n\n%2\$s would like to hold your video visits through your own %3\$s account. Log in, open this page and choose Connect:\n\n%4\$s\n\nUntil then your video visits may have no meeting.", 'kivicare-telemed' ),
			$doctor->display_name,
			$clinic,
			$provider->label(),
			Dashboard::doctor( $provider )
		);
		return wp_mail( $doctor->user_email, $subject, $text );
	}
}
