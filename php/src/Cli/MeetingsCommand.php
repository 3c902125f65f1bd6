<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\Overview\Meetings;
use KiviCare\Telemed\Overview\Query;

/**
 * Appointments' meetings. Links, passcodes and patients are not shown.
 */
final class MeetingsCommand {

	private const COLUMNS = array( 'appointment_id', 'provider', 'meeting_id', 'state', 'doctor_id', 'start', 'timezone', 'reason', 'message' );

	public function __construct(
		private readonly Meetings $meetings,
		private readonly Reconciler $reconciler
	) {}

	/**
	 * Lists meetings, the latest visits first.
	 *
	 * ## OPTIONS
	 *
	 * [--state=<state>]
	 * : ready, in_flight, pending, parked or failed.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 *
	 * [--doctor=<id>]
	 * : Only this doctor's.
	 *
	 * [--when=<when>]
	 * : ahead or past.
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
	 * : table, csv, json, yaml, ids (of the appointments) or count (on all pages).
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meetings list --state=parked --when=ahead
	 *
	 * @subcommand list
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function list_( array $args, array $flags ): void {
		Listing::show( $this->meetings->page( Query::of( $flags + array( 'per_page' => '50' ) ) ), $flags, self::COLUMNS, 'appointment_id' );
	}

	/**
	 * Shows everything about an appointment's meetings.
	 *
	 * ## OPTIONS
	 *
	 * <appointment>
	 * : KiviCare's appointment id.
	 *
	 * [--format=<format>]
	 * : table, json or yaml.
	 * ---
	 * default: table
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meetings get 41 --format=json
	 *
	 * @param list<string>          $args  Appointment.
	 * @param array<string, string> $flags Flags.
	 */
	public function get( array $args, array $flags ): void {
		$found = $this->meetings->of_appointment( (int) $args[0] );
		if ( array() === $found ) {
			\WP_CLI::error( 'This appointment has no meeting, and none is on its way.' );
		}
		$format = (string) ( $flags['format'] ?? 'table' );
		if ( 'table' !== $format ) {
			\WP_CLI\Utils\format_items( $format, $found, array_keys( $found[0] ) );
			return;
		}
		foreach ( $found as $meeting ) {
			$rows = array_map( static fn( string $field, mixed $value ): array => array( 'field' => $field, 'value' => (string) $value ), array_keys( $meeting ), array_values( $meeting ) );
			\WP_CLI\Utils\format_items( 'table', $rows, array( 'field', 'value' ) );
		}
	}

	/**
	 * Compares meetings with the provider and mends what is not as it should be.
	 *
	 * ## OPTIONS
	 *
	 * <appointment>...
	 * : KiviCare's appointment ids.
	 *
	 * [--porcelain]
	 * : Print the state alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meetings repair 41 42
	 *     41: ready
	 *     42: parked. The doctor must connect again.
	 *
	 * @param list<string>          $args  Appointments.
	 * @param array<string, string> $flags Flags.
	 */
	public function repair( array $args, array $flags ): void {
		Outcomes::show( array_map( 'intval', $args ), fn( int $id ): array => $this->reconciler->run( $id, true ), isset( $flags['porcelain'] ) );
	}

	/**
	 * Deletes an appointment's meeting at the provider. The appointment itself stays; if the visit still takes place, the
	 * sweep makes a new meeting. To cancel the visit, cancel the appointment in KiviCare.
	 *
	 * ## OPTIONS
	 *
	 * <appointment>...
	 * : KiviCare's appointment ids.
	 *
	 * [--yes]
	 * : Do not ask.
	 *
	 * [--porcelain]
	 * : Print the state alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meetings cancel 41 --yes
	 *     41: ready
	 *
	 * @param list<string>          $args  Appointments.
	 * @param array<string, string> $flags Flags.
	 */
	public function cancel( array $args, array $flags ): void {
		\WP_CLI::confirm( sprintf( 'Delete the meetings of %d appointments at the provider?', count( $args ) ), $flags );
		Outcomes::show( array_map( 'intval', $args ), fn( int $id ): array => $this->reconciler->end( $id ), isset( $flags['porcelain'] ) );
	}
}
