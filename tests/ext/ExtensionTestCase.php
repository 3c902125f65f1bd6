<?php

declare(strict_types=1);

use KiviCare\Telemed\Native\Config;
use PHPUnit\Framework\TestCase;

/**
 * Builds configurations for the extension; single sections can be replaced.
 */
abstract class ExtensionTestCase extends TestCase {

	/**
	 * Complete settings of a made-up site.
	 *
	 * @param array<string, array<string, mixed>> $changes Values to replace, by section.
	 * @return array<string, mixed>
	 */
	protected static function settings( array $changes = array() ): array {
		$settings = array(
			'site' => '00112233445566778899aabbccddeeff',
			'db'   => array(
				'host'        => getenv( 'TELEMED_TEST_DB_HOST' ) ?: '127.0.0.1:1',
				'user'        => getenv( 'TELEMED_TEST_DB_USER' ) ?: 'nobody',
				'password'    => getenv( 'TELEMED_TEST_DB_PASSWORD' ) ?: '',
				'name'        => getenv( 'TELEMED_TEST_DB_NAME' ) ?: 'none',
				'charset'     => 'utf8mb4',
				'prefix'      => 'wp_',
				'base_prefix' => 'wp_',
			),
			'keys' => array( 'primary' => base64_encode( str_repeat( 'k', 32 ) ) ),
			'zoom' => array(
				'api_url'   => 'https://127.0.0.1:1/v2',
				'oauth_url' => 'https://127.0.0.1:1/oauth',
			),
			'google' => array(
				'auth_url'   => 'https://127.0.0.1:1/o/oauth2/v2/auth',
				'token_url'  => 'https://127.0.0.1:1/token',
				'revoke_url' => 'https://127.0.0.1:1/revoke',
				'api_url'    => 'https://127.0.0.1:1/calendar/v3',
			),
			'http' => array( 'allow_http' => false ),
		);
		foreach ( $changes as $section => $values ) {
			$settings[ $section ] = is_array( $values ) ? array_merge( $settings[ $section ], $values ) : $values;
		}
		return $settings;
	}

	/**
	 * @param array<string, mixed> $changes See settings().
	 */
	protected static function config( array $changes = array() ): Config {
		return new Config( self::settings( $changes ) );
	}
}
