<?php
/**
 * What the analyser cannot read elsewhere, or reads less exactly in WordPress' own documentation: wpdb with the result types
 * of the formats asked for, constants of wp-config.php, WP-CLI, Action Scheduler. Never run.
 *
 * phpcs:disable
 */

declare(strict_types=1);

namespace {

	const ABSPATH            = '/';
	const WP_CONTENT_DIR     = '/wp-content';
	const DB_HOST            = '';
	const DB_USER            = '';
	const DB_PASSWORD        = '';
	const DB_NAME            = '';
	const MYSQL_CLIENT_FLAGS = 0;
	const WP_UNINSTALL_PLUGIN = '';
	const WP_CLI             = true;
	const OBJECT  = 'OBJECT';
	const ARRAY_A = 'ARRAY_A';
	const ARRAY_N = 'ARRAY_N';

	#[\AllowDynamicProperties]
	class wpdb {

		public string $prefix         = '';
		public string $base_prefix    = '';
		public string $options        = '';
		public string $users          = '';
		public string $usermeta       = '';
		public string $posts          = '';
		public string $postmeta       = '';
		public string $last_error     = '';
		public string $charset        = '';
		public int $insert_id         = 0;
		public int $rows_affected     = 0;
		public int $blogid            = 1;
		protected ?\mysqli $dbh       = null;

		public function __construct( string $user, string $password, string $name, string $host ) {}

		public function close(): bool {}

		public function prepare( string $query, mixed ...$args ): string {}

		public function esc_like( string $text ): string {}

		public function query( string $query ): int|bool {}

		/**
		 * @return list<array<string, string|null>>|null
		 */
		public function get_results( string $query, string $output = OBJECT ): ?array {}

		/**
		 * @return array<string, string|null>|null
		 */
		public function get_row( string $query, string $output = OBJECT, int $row = 0 ): ?array {}

		/**
		 * @return list<string|null>
		 */
		public function get_col( string $query, int $column = 0 ): array {}

		public function get_var( string $query, int $column = 0, int $row = 0 ): ?string {}

		/**
		 * @param array<string, mixed> $data Columns.
		 */
		public function insert( string $table, array $data, array|string $format = array() ): int|false {}

		/**
		 * @param array<string, mixed> $data Columns.
		 * @param array<string, mixed> $where Columns.
		 */
		public function update( string $table, array $data, array $where, array|string $format = array(), array|string $where_format = array() ): int|false {}

		/**
		 * @param array<string, mixed> $where Columns.
		 */
		public function delete( string $table, array $where, array|string $format = array() ): int|false {}

		public function suppress_errors( bool $suppress = true ): bool {}
		public function print_error( string $str = '' ): ?false {}

		public function get_charset_collate(): string {}

		/**
		 * @return array<string, string>
		 */
		public function tables( string $scope = 'all', bool $prefix = true, int $blog_id = 0 ): array {}

		/**
		 * @return bool
		 */
		public function db_connect( bool $allow_bail = true ) {}

		/**
		 * @return bool
		 */
		public function check_connection( bool $allow_bail = true ) {}

		public function set_prefix( string $prefix, bool $names = true ): string {}

		public function get_blog_prefix( ?int $blog = null ): string {}
	}

	class WP_CLI {

		public static function add_command( string $name, object|string $command ): bool {}

		public static function line( string $message = '' ): void {}

		public static function log( string $message ): void {}

		public static function success( string $message ): void {}

		public static function warning( string $message ): void {}

		public static function error( string $message ): never {}

		public static function halt( int $status ): never {}

		/**
		 * @param array<string, mixed> $flags Flags.
		 */
		public static function confirm( string $question, array $flags = array() ): void {}

		public static function add_hook( string $when, callable $callback ): void {}

		public static function get_runner(): object {}
	}

	/**
	 * @param array<array-key, mixed> $args Arguments.
	 */
	function as_enqueue_async_action( string $hook, array $args = array(), string $group = '', bool $unique = false ): int {}

	/**
	 * @param array<array-key, mixed> $args Arguments.
	 */
	function as_schedule_single_action( int $timestamp, string $hook, array $args = array(), string $group = '', bool $unique = false ): int {}

	/**
	 * @param array<array-key, mixed> $args Arguments.
	 */
	function as_schedule_recurring_action( int $timestamp, int $interval, string $hook, array $args = array(), string $group = '', bool $unique = false ): int {}

	/**
	 * @param array<array-key, mixed> $args Arguments.
	 */
	function as_unschedule_action( string $hook, array $args = array(), string $group = '' ): ?int {}

	class ActionScheduler {

		public static function is_initialized( ?string $function = null ): bool {}
	}

	/**
	 * @template T of string|array
	 * @param T $value Value.
	 * @return T
	 */
	function wp_unslash( string|array $value ): string|array {}

	/**
	 * @assert-if-true WP_Error $thing
	 */
	function is_wp_error( mixed $thing ): bool {}

	/**
	 * @param array<array-key, mixed>|null $args Arguments.
	 */
	function as_has_scheduled_action( string $hook, ?array $args = null, string $group = '' ): bool {}

	/**
	 * @param array<array-key, mixed>|null $args Arguments.
	 */
	function as_next_scheduled_action( string $hook, ?array $args = null, string $group = '' ): int|bool {}

	/**
	 * @param array<array-key, mixed> $args Arguments.
	 */
	function as_unschedule_all_actions( string $hook, array $args = array(), string $group = '' ): void {}
}

namespace WP_CLI\Utils {

	/**
	 * @param list<array<string, mixed>> $items  Rows.
	 * @param list<string>               $fields Columns.
	 */
	function format_items( string $format, array $items, array $fields ): void {}
}
