<?php

declare(strict_types=1);

namespace App\baseClasses;

/**
 * Provider lookup in the real order, with new objects on every call (contract §2.1).
 */
class KCTelemedFactory {

	/** @var array<string, array<string, string>> */
	private static array $providers = array();

	public static function init(): void {
		self::$providers = apply_filters( 'kc_telemed_providers', array() );
		self::objects();
	}

	public static function get_provider_by_doctor_id( $doctor_id ) {
		$objects   = self::objects();
		$preferred = get_user_meta( (int) $doctor_id, 'telemed_type', true );
		if ( isset( $objects[ $preferred ] ) ) {
			$objects = array( $preferred => $objects[ $preferred ] ) + $objects;
		}
		foreach ( $objects as $provider ) {
			$config = $provider->get_config();
			if ( 'server-to-server' === ( $config['auth_type'] ?? '' ) || $provider->get_doctor_access_token( $doctor_id ) ) {
				return $provider;
			}
		}
		return null;
	}

	/**
	 * @return array<string, object>
	 */
	private static function objects(): array {
		return array_map( static fn( array $entry ) => new $entry['class']( $entry['settings_key'] ), self::$providers );
	}
}
