<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

/**
 * What an administrator can do about the failure of an operation or a connection, by its kind. Mails about a cause that
 * lasts have texts of their own: Mail\Remedy.
 */
final class Advice {

	/**
	 * The remedy; empty where there is nothing to do.
	 */
	public static function of( string $reason ): string {
		return match ( $reason ) {
			'reauthorize', 'authorization' => __( 'The doctor must connect again. Send an invitation.', 'kivicare-telemed' ),
			'scope'           => __( 'A permission is missing. Add the scopes listed under Set-up to the app, then let the doctor connect again.', 'kivicare-telemed' ),
			'host_not_found'  => __( 'No Zoom user is approved for this doctor, or Zoom does not know it. Map the doctor to the right Zoom user.', 'kivicare-telemed' ),
			'client_refused'  => __( 'The provider refuses the client ID or secret. Enter them again under Set-up and test them.', 'kivicare-telemed' ),
			'account_refused' => __( 'The provider refuses the account ID. Enter it again under Set-up and test it.', 'kivicare-telemed' ),
			'rate_limited', 'unavailable', 'ambiguous', 'pending', 'busy', 'store', 'provider' => __( 'The provider or the database did not do it at once. Nothing to do: it is tried again by itself.', 'kivicare-telemed' ),
			'daily_limit'     => __( 'Nothing to do: the provider\'s daily limit ends at 00:00 UTC, then it goes on by itself.', 'kivicare-telemed' ),
			'rejected', 'invalid_input', 'not_found', 'state' => __( 'The provider refuses this meeting. Read its message, mend the cause and repair the meeting.', 'kivicare-telemed' ),
			'internal'        => __( 'Try again. If it stays, report it with the message.', 'kivicare-telemed' ),
			default           => self::of_site( $reason ),
		};
	}

	/**
	 * The remedy for what this site's own settings cause.
	 */
	private static function of_site( string $reason ): string {
		return match ( $reason ) {
			'configuration'   => __( 'The settings are incomplete. Complete them under Set-up.', 'kivicare-telemed' ),
			'blocked'         => __( 'This site\'s own settings keep it from the provider. Do in wp-config.php what the message says; then it is tried again by itself.', 'kivicare-telemed' ),
			'vault'           => __( 'A secret cannot be opened. Restore KIVICARE_TELEMED_KEY in wp-config.php, or enter the secrets again.', 'kivicare-telemed' ),
			'site_paused'     => __( 'The plugin is paused. Say in the notice at the top of wp-admin whether this site has moved or is a copy.', 'kivicare-telemed' ),
			default           => '',
		};
	}

	/**
	 * Adds the remedy to items with a reason.
	 *
	 * @param list<array<string, mixed>> $items Items.
	 * @return list<array<string, mixed>>
	 */
	public static function added( array $items ): array {
		return array_map( static fn( array $item ): array => $item + array( 'remedy' => self::of( (string) ( $item['reason'] ?? '' ) ) ), $items );
	}
}
