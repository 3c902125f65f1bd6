<?php
/**
 * PSR-4: KiviCare\Telemed\X lives in src/X.php.
 *
 * @package KiviCare\Telemed
 */

declare( strict_types=1 );

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( string $class ): void {
		$prefix = 'KiviCare\\Telemed\\';
		// Native\* belongs to the extension; looking for files would only hide that it is missing.
		if ( ! str_starts_with( $class, $prefix ) || str_starts_with( $class, $prefix . 'Native\\' ) ) {
			return;
		}
		$file = __DIR__ . '/src/' . str_replace( '\\', '/', substr( $class, strlen( $prefix ) ) ) . '.php';
		if ( is_readable( $file ) ) {
			require_once $file;
		}
	}
);
