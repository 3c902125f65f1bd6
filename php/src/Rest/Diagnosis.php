<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Config\Provider;

/**
 * What a refused connection test means for an administrator, and what to do.
 */
final class Diagnosis {

	/**
	 * Text for a verdict of the extension.
	 *
	 * @param array<string, mixed> $answer reason and message.
	 */
	public static function of( Provider $provider, array $answer ): string {
		$text = Provider::Zoom === $provider ? self::zoom( (string) $answer['reason'] ) : self::google( (string) $answer['reason'] );
		// The message names missing scopes and other likely causes, and a proxy in between.
		return match ( true ) {
			null === $text                      => (string) $answer['message'],
			'unavailable' === $answer['reason'] => "$text ({$answer['message']})",
			default                             => $text,
		};
	}

	private static function zoom( string $reason ): ?string {
		return match ( $reason ) {
			'client_refused'  => __( 'Zoom refuses the client ID or the client secret. Copy both again from the app\'s credentials.', 'kivicare-telemed' ),
			'account_refused' => __( 'Zoom does not accept the account ID. Copy it again from the app\'s credentials, and check that the app is activated.', 'kivicare-telemed' ),
			'unavailable'     => __( 'Zoom could not be reached. Check the server\'s network connection, or try again later.', 'kivicare-telemed' ),
			default           => null,
		};
	}

	private static function google( string $reason ): ?string {
		return match ( $reason ) {
			'client_refused' => __( 'Google refuses the client ID or the client secret. Copy both again from the Google Cloud console, Credentials.', 'kivicare-telemed' ),
			'configuration'  => __( 'The Google Calendar API is not enabled. Enable it in the Google Cloud console under APIs & Services.', 'kivicare-telemed' ),
			'unavailable'    => __( 'Google could not be reached. Check the server\'s network connection, or try again later.', 'kivicare-telemed' ),
			default          => null,
		};
	}
}
