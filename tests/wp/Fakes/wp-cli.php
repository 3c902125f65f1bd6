<?php
/**
 * As much of WP-CLI as our commands use. Output is kept; ends become exceptions.
 */

declare( strict_types=1 );

namespace {
	if ( ! class_exists( 'WP_CLI', false ) ) {
		final class WP_CLI {

			/** @var list<string> */
			public static array $out = array();

			/** @var array<string, object> */
			public static array $commands = array();

			public static function line( string $text = '' ): void {
				self::$out[] = $text;
			}

			public static function log( string $text ): void {
				self::$out[] = $text;
			}

			public static function success( string $text ): void {
				self::$out[] = 'Success: ' . $text;
			}

			public static function warning( string $text ): void {
				self::$out[] = 'Warning: ' . $text;
			}

			public static function error( string $text ): void {
				throw new RuntimeException( $text, 1 );
			}

			public static function halt( int $code ): void {
				throw new RuntimeException( 'halted', $code );
			}

			public static function confirm( string $question, array $flags = array() ): void {
				isset( $flags['yes'] ) || self::error( 'not confirmed' );
			}

			public static function add_command( string $name, object $command ): void {
				self::$commands[ $name ] = $command;
			}
		}
	}
}

namespace WP_CLI\Utils {
	if ( ! function_exists( 'WP_CLI\\Utils\\format_items' ) ) {
		function format_items( string $format, iterable $items, array $fields ): void {
			foreach ( $items as $item ) {
				\WP_CLI::$out[] = $format . ' ' . wp_json_encode( array_intersect_key( array_merge( array_flip( $fields ), (array) $item ), array_flip( $fields ) ) );
			}
		}
	}
}
