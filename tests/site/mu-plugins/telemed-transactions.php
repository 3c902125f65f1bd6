<?php
/**
 * Plugin Name: KiviCare's transactions, for the fault tests
 * Each part works only while its file is there. transactions.json: {hold: ms for which a booking keeps its transaction
 * open, open: whether it is never committed, as after KiviCare's early returns, user: whose metas it reads at its end,
 * throw: whether listeners of ours fail, guard: whether every statement on $wpdb is looked at}. native-db.json: another database address for the extension alone, native-db.also
 * for our second connection too.
 */

declare(strict_types=1);

/**
 * What a test asks for.
 *
 * @return array<string, mixed>
 */
function kct_asked( string $file ): array {
	$json = @file_get_contents( KCT_RUN . '/' . $file );
	return false === $json ? array() : (array) json_decode( $json, true );
}

// Constants of a namespace come before the global ones of the same name.
foreach ( kct_asked( 'native-db.json' ) as $kct_name => $kct_value ) {
	define( 'KiviCare\\Telemed\\Config\\' . $kct_name, $kct_value );
	if ( file_exists( KCT_RUN . '/native-db.also' ) ) {
		define( 'KiviCare\\Telemed\\KiviCare\\' . $kct_name, $kct_value );
	}
}

/**
 * Looks at every statement on KiviCare's connection.
 */
final class KctGuard {

	private bool $open = false;

	private int $seen = 0;

	/**
	 * What the test asks for.
	 *
	 * @param array<string, mixed> $asked Of transactions.json.
	 */
	public function __construct( private readonly array $asked, private readonly wpdb $theirs ) {
		add_filter( 'query', array( $this, 'look' ), PHP_INT_MAX );
		register_shutdown_function( array( $this, 'report' ) );
	}

	public function look( string $sql ): string {
		$trace = debug_backtrace( DEBUG_BACKTRACE_PROVIDE_OBJECT );
		if ( $this->connection( $trace ) !== $this->theirs ) {
			return $sql;
		}
		if ( 1 === preg_match( '/^\s*START TRANSACTION/i', $sql ) ) {
			$this->open = true;
		} elseif ( 1 === preg_match( '/^\s*(COMMIT|ROLLBACK)/i', $sql ) ) {
			$kept       = ! empty( $this->asked['open'] ) && 1 === preg_match( '/^\s*COMMIT/i', $sql );
			$this->open = $this->open && $kept;
			$sql        = $kept ? 'SELECT 1' : $sql;
		}
		if ( ! empty( $this->asked['guard'] ) && ( $this->open || did_action( 'shutdown' ) > 0 ) ) {
			$this->judge( $sql, $trace );
		}
		return $sql;
	}

	public function report(): void {
		if ( ! empty( $this->asked['guard'] ) ) {
			$this->write( 'guard-seen.jsonl', array( $_SERVER['REQUEST_URI'] ?? '', $this->seen ) );
		}
	}

	/**
	 * Writes down what is ours and more than a plain read.
	 *
	 * @param list<array<string, mixed>> $trace Callers.
	 */
	private function judge( string $sql, array $trace ): void {
		++$this->seen;
		$reads = 1 === preg_match( '/^\s*(SELECT|SHOW|DESCRIBE|SET)\b/i', $sql ) && 1 !== preg_match( '/\b(FOR\s+UPDATE|FOR\s+SHARE|LOCK\s+IN\s+SHARE\s+MODE)\b|GET_LOCK/i', $sql );
		$ours  = array_filter( array_column( $trace, 'class' ), static fn( string $class ): bool => str_starts_with( $class, 'KiviCare\\Telemed\\' ) );
		if ( ! $reads && array() !== $ours ) {
			$this->write( 'guard.jsonl', array( 'sql' => $sql, 'by' => array_values( $ours ), 'open' => $this->open ) );
		}
	}

	/**
	 * The connection that sends a statement.
	 *
	 * @param list<array<string, mixed>> $trace Callers.
	 */
	private function connection( array $trace ): ?wpdb {
		foreach ( $trace as $frame ) {
			if ( 'query' === $frame['function'] && ( $frame['object'] ?? null ) instanceof wpdb ) {
				return $frame['object'];
			}
		}
		return null;
	}

	/**
	 * Appends a line.
	 *
	 * @param array<array-key, mixed> $line What.
	 */
	private function write( string $file, array $line ): void {
		file_put_contents( KCT_RUN . '/' . $file, json_encode( $line ) . "\n", FILE_APPEND | LOCK_EX );
	}
}

$kct_asked = kct_asked( 'transactions.json' );
if ( array() !== $kct_asked ) {
	new KctGuard( $kct_asked, $GLOBALS['wpdb'] );
}
if ( ! empty( $kct_asked['hold'] ) ) {
	add_action(
		'kc_after_create_appointment',
		static function () use ( $kct_asked ): void {
			$until = microtime( true ) + (int) $kct_asked['hold'] / 1000;
			while ( microtime( true ) < $until && kct_asked( 'transactions.json' ) === $kct_asked ) {
				usleep( 10_000 );
			}
			// What is read now is what the transaction's snapshot has, and goes into the object cache.
			empty( $kct_asked['user'] ) || get_user_meta( (int) $kct_asked['user'] );
		},
		2000
	);
}
if ( ! empty( $kct_asked['throw'] ) ) {
	foreach ( array( 'kivicare_telemed_error', 'kivicare_telemed_meeting_made', 'kivicare_telemed_reconciled', 'kivicare_telemed_work_left' ) as $kct_action ) {
		add_action( $kct_action, static fn() => throw new TypeError( 'a listener that fails' ), 1 );
	}
}

/**
 * Flows whose routes need a payment gateway, in their order: Pay Later, and a payment that was completed.
 */
add_action(
	'rest_api_init',
	static function (): void {
		register_rest_route(
			'kct/v1',
			'/flow',
			array(
				'methods'             => 'POST',
				'permission_callback' => 'is_user_logged_in',
				'callback'            => static function ( WP_REST_Request $request ): array {
					global $wpdb;
					$id    = (int) $request->get_param( 'id' );
					$visit = App\models\KCAppointment::find( $id );
					$wpdb->query( 'START TRANSACTION' );
					$visit->update( array( 'status' => 1 ) );
					if ( 'pay_later' === $request->get_param( 'flow' ) ) {
						do_action( 'kc_appointment_status_update', $id, 1, App\models\KCAppointment::find( $id ) );
						do_action( 'kivicare_before_payment_processed', $id, array( 'status' => 'pending' ) );
					} else {
						App\baseClasses\KCTelemedFactory::get_provider_by_doctor_id( (int) $visit->doctorId )?->create_meeting( array( 'appointment_id' => $id, 'duration' => 30, 'doctor_id' => (int) $visit->doctorId ) );
						do_action( 'kc_appointment_payment_completed', $id, array() );
					}
					$wpdb->query( 'COMMIT' );
					return array( 'status' => true );
				},
			)
		);
	}
);

/**
 * People whom KiviCare saves inside a transaction: {role, address, ends: commit, rollback, or left for an early return},
 * {user, address} for another address of somebody, {user, delete} for a deletion.
 */
add_action(
	'rest_api_init',
	static function (): void {
		register_rest_route(
			'kct/v1',
			'/people',
			array(
				'methods'             => 'POST',
				'permission_callback' => 'is_user_logged_in',
				'callback'            => static function ( WP_REST_Request $request ): array {
					global $wpdb;
					require_once ABSPATH . 'wp-admin/includes/user.php';
					$wpdb->query( 'START TRANSACTION' );
					$id   = (int) $request->get_param( 'user' );
					$role = (string) $request->get_param( 'role' );
					if ( $request->get_param( 'delete' ) ) {
						wp_delete_user( $id );
					} elseif ( $id > 0 ) {
						wp_update_user( array( 'ID' => $id, 'user_email' => (string) $request->get_param( 'address' ) ) );
					} else {
						$id = wp_insert_user( array( 'user_login' => wp_generate_uuid4(), 'user_pass' => 'x', 'user_email' => (string) $request->get_param( 'address' ) ) );
						( new WP_User( $id ) )->set_role( "kiviCare_$role" );
						$saved = array( 'id' => $id, 'user_id' => $id, 'email' => $request->get_param( 'address' ) );
						do_action( "kc_{$role}_save", $saved, $request );
					}
					$ends = (string) $request->get_param( 'ends' );
					'left' === $ends || $wpdb->query( 'rollback' === $ends ? 'ROLLBACK' : 'COMMIT' );
					return array( 'id' => $id );
				},
			)
		);
	}
);
