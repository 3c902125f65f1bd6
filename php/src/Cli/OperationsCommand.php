<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Overview\Operations;
use KiviCare\Telemed\Overview\OperationStates;
use KiviCare\Telemed\Overview\Query;

/**
 * The journal of what is done at providers.
 */
final class OperationsCommand {

	private const COLUMNS = array( 'id', 'appointment_id', 'doctor_id', 'provider', 'kind', 'state', 'attempts', 'reason', 'message', 'resume_at', 'updated_at' );

	public function __construct(
		private readonly Operations $operations,
		private readonly OperationStates $states,
		private readonly Reconciler $reconciler
	) {}

	/**
	 * Lists operations, the newest first.
	 *
	 * ## OPTIONS
	 *
	 * [--state=<state>]
	 * : in_flight, pending, parked, done, failed; or unfinished for the first three.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 *
	 * [--doctor=<id>]
	 * : Only this doctor's.
	 *
	 * [--appointment=<id>]
	 * : Only this appointment's.
	 *
	 * [--page=<number>]
	 * : First is 1.
	 *
	 * [--per_page=<number>]
	 * : At most 200.
	 * ---
	 * default: 50
	 * ---
	 *
	 * [--format=<format>]
	 * : table, csv, json, yaml, ids or count (on all pages).
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed operations list --state=unfinished --format=count
	 *     3
	 *
	 * @subcommand list
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function list_( array $args, array $flags ): void {
		Listing::show( $this->operations->page( Query::of( $flags + array( 'per_page' => '50' ) ) ), $flags, self::COLUMNS );
	}

	/**
	 * Tries operations again now, whenever they were due. One that somebody works on is left alone.
	 *
	 * ## OPTIONS
	 *
	 * <id>...
	 * : Operation ids.
	 *
	 * [--porcelain]
	 * : Print the states alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed operations retry $(wp kivicare-telemed operations list --state=parked --format=ids)
	 *     41: ready
	 *
	 * @param list<string>          $args  Operations.
	 * @param array<string, string> $flags Flags.
	 */
	public function retry( array $args, array $flags ): void {
		$ids = $this->known( $args );
		$this->states->make_due( array_keys( $ids ) );
		Outcomes::show( array_values( array_unique( $ids ) ), fn( int $id ): array => $this->reconciler->run( $id ), isset( $flags['porcelain'] ) );
	}

	/**
	 * Gives waiting operations up: they count as failed and are not tried again by themselves. The rows stay, and so
	 * does the appointment.
	 *
	 * ## OPTIONS
	 *
	 * <id>...
	 * : Operation ids.
	 *
	 * [--yes]
	 * : Do not ask.
	 *
	 * [--porcelain]
	 * : Print the number alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed operations forget 17 --yes
	 *     1 operation given up.
	 *
	 * @param list<string>          $args  Operations.
	 * @param array<string, string> $flags Flags.
	 */
	public function forget( array $args, array $flags ): void {
		$ids = array_keys( $this->known( $args ) );
		\WP_CLI::confirm( sprintf( 'Give up %d operations?', count( $ids ) ), $flags );
		$done = $this->states->give_up( $ids );
		isset( $flags['porcelain'] ) ? \WP_CLI::line( (string) $done ) : \WP_CLI::log( sprintf( '%d operation%s given up.', $done, 1 === $done ? '' : 's' ) );
		if ( $done < count( $ids ) ) {
			\WP_CLI::error( 'The others are finished, or somebody works on them just now.' );
		}
	}

	/**
	 * Appointments of operations; ends with an error when one is unknown.
	 *
	 * @param list<string> $args Operation ids.
	 * @return array<int, int> Operation => appointment.
	 */
	private function known( array $args ): array {
		$ids   = array_values( array_unique( array_map( 'intval', $args ) ) );
		$found = array_map( static fn( array $row ): int => (int) $row['appointment_id'], $this->operations->find( $ids ) );
		$lost  = array_diff( $ids, array_keys( $found ) );
		if ( array() !== $lost ) {
			\WP_CLI::error( 'There is no operation ' . implode( ', ', $lost ) . '.' );
		}
		return $found;
	}
}
