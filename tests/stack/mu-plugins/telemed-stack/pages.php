<?php
/**
 * Pages under ?telemed_stack=: phpinfo, what the extension's objects and exceptions show, and the bench's two calls.
 */

declare(strict_types=1);

add_action(
	'wp_loaded',
	static function (): void {
		// phpcs:ignore WordPress.Security.NonceVerification
		$page = __DIR__ . '/' . preg_replace( '/[^a-z]/', '', (string) ( $_GET['telemed_stack'] ?? 'none' ) ) . '.php';
		if ( is_file( $page ) && 'pages.php' !== basename( $page ) ) {
			require $page;
			exit;
		}
	}
);
