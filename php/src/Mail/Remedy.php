<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Mail;

/**
 * What a person can do about a reason: one sentence what is wrong, one what to do.
 */
final class Remedy {

	/**
	 * The text for people.
	 *
	 * @param string $reason  Error kind's name.
	 * @param string $message The extension's own text, for reasons that need its details.
	 */
	public static function of( string $reason, string $message ): string {
		return match ( $reason ) {
			'reauthorize'     => __( 'The provider ended the doctor\'s connection. The doctor must connect again: in the dashboard under Settings, on the page of Zoom or Google Meet.', 'kivicare-telemed' ),
			'scope'           => __( 'The connection lacks a permission. Check the app\'s scopes, then let the doctor connect again and allow everything that is asked.', 'kivicare-telemed' ),
			'host_not_found'  => __( 'No Zoom user is approved for the doctor, or Zoom does not know it in the account. Add the doctor there, or map the doctor to the right Zoom user.', 'kivicare-telemed' ),
			'daily_limit'     => __( 'The doctor\'s allowance of meeting changes for today is used up. Nothing needs to be done: it goes on at 00:00 UTC.', 'kivicare-telemed' ),
			'client_refused'  => __( 'The provider refuses the client ID or client secret. Enter both again in the settings.', 'kivicare-telemed' ),
			'account_refused' => __( 'The provider refuses the account. Check the account ID, and that the app is activated.', 'kivicare-telemed' ),
			'vault'           => __( 'Stored secrets cannot be opened. Check KIVICARE_TELEMED_KEY in wp-config.php; if it was changed, put the old one into KIVICARE_TELEMED_RETIRED_KEYS.', 'kivicare-telemed' ),
			'unavailable', 'ambiguous', 'rate_limited', 'pending' => __( 'The provider has not answered for an hour or more. It is tried again until it does; look at the provider\'s status page, and whether this server may connect to it.', 'kivicare-telemed' ),
			default           => $message,
		};
	}
}
