<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Overview\Doctors;
use KiviCare\Telemed\Overview\Page;
use KiviCare\Telemed\Overview\Query;

/**
 * Connects doctors to Zoom and Google Meet.
 */
final class DoctorsCommand {

	public function __construct(
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection,
		private readonly Doctors $list,
		private readonly ZoomOffers $offers
	) {}

	/**
	 * Lists doctors with who serves them and how their connections are.
	 *
	 * ## OPTIONS
	 *
	 * [--state=<state>]
	 * : healthy, expiring, reconnect, revoked or not_connected.
	 *
	 * [--provider=<provider>]
	 * : The connection that --state is about: zoom or googlemeet.
	 *
	 * [--search=<text>]
	 * : Part of a name or an e-mail address.
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
	 *     $ wp kivicare-telemed doctors list --state=reconnect --format=ids
	 *     12 31
	 *
	 * @subcommand list
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function list_( array $args, array $flags ): void {
		$page  = $this->list->page( Query::of( $flags + array( 'per_page' => '50' ) ) );
		$items = array_map( static fn( array $doctor ): array => array_map( static fn( array $connection ): string => $connection['state'], $doctor['connections'] ) + $doctor, $page->items );
		Listing::show( new Page( $items, $page->total, $page->per_page ), $flags, array( 'id', 'name', 'provider', 'via', 'zoom', 'googlemeet', 'zoom_user', 'zoom_user_id', 'offer' ) );
	}

	/**
	 * Says which user of the clinic's Zoom account a doctor is. Zoom is asked once; from then on its user id counts, whatever
	 * becomes of addresses. Who serves the doctor does not change; see "share".
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * <zoom_user>
	 * : Zoom user id or e-mail; "" takes it back.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors map 12 dr.mehta@clinic.example
	 *     Success: Doctor 12 is mapped.
	 *
	 * @param list<string> $args User id, Zoom user.
	 */
	public function map( array $args ): void {
		$this->run( (int) $args[0], fn( int $id ) => $this->doctors->map_zoom_user( $id, trim( (string) $args[1] ) ), 'Doctor %d is mapped.' );
	}

	/**
	 * Connects a doctor with the tokens of the doctor's own account, read from standard input as JSON.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 * ---
	 * default: zoom
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors connect 12 < tokens.json
	 *     Success: Doctor 12 is connected to Zoom.
	 *
	 * @param list<string>          $args  User id.
	 * @param array<string, string> $flags Flags.
	 */
	public function connect( array $args, array $flags = array() ): void {
		$provider = self::provider( $flags );
		$this->run(
			(int) $args[0],
			fn( int $id ) => $this->doctors->connect( $id, (string) stream_get_contents( STDIN ), $provider ),
			"Doctor %d is connected to {$provider->label()}."
		);
	}

	/**
	 * Lets the clinic's server-to-server account serve a doctor, or all of them. With it you approve the Zoom user.
	 *
	 * ## OPTIONS
	 *
	 * [<id>...]
	 * : WordPress user ids of doctors.
	 *
	 * [--zoom-user=<user>]
	 * : Zoom user id or e-mail, for one doctor. Default: the doctor's WordPress e-mail as it is now.
	 *
	 * [--all]
	 * : Every doctor whose address was entered by an administrator. Doctors with their own connections keep them.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors share 12 --zoom-user=dr.mehta@clinic.example
	 *     Success: Doctor 12 uses the clinic's Zoom account.
	 *
	 * @param list<string>          $args  User ids.
	 * @param array<string, string> $flags Flags.
	 */
	public function share( array $args, array $flags ): void {
		if ( isset( $flags['all'] ) || count( $args ) > 1 ) {
			$this->share_many( array_map( 'intval', $args ), isset( $flags['all'] ) );
			return;
		}
		$this->run(
			(int) ( $args[0] ?? 0 ),
			fn( int $id ) => $this->doctors->use_clinic_account( $id, (string) ( $flags['zoom-user'] ?? '' ) ),
			"Doctor %d uses the clinic's Zoom account."
		);
	}

	/**
	 * Ends a doctor's own connection: future meetings are deleted, the tokens revoked at the provider and deleted here.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : WordPress user id of the doctor.
	 *
	 * [--provider=<provider>]
	 * : zoom or googlemeet.
	 * ---
	 * default: zoom
	 * ---
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed doctors disconnect 12
	 *     Success: Doctor 12 is disconnected from Zoom.
	 *
	 * @param list<string>          $args  User id.
	 * @param array<string, string> $flags Flags.
	 */
	public function disconnect( array $args, array $flags = array() ): void {
		$provider = self::provider( $flags );
		$this->run(
			(int) $args[0],
			function ( int $id ) use ( $provider ): void {
				if ( ! $this->disconnection->disconnect( $id, $provider ) ) {
					\WP_CLI::warning( "{$provider->company()} could not confirm it; the doctor should remove the app in the account's settings too." );
				}
			},
			"Doctor %d is disconnected from {$provider->label()}."
		);
	}

	/**
	 * Offers many doctors; ends with 1 when none could be offered.
	 *
	 * @param list<int> $ids Doctors.
	 */
	private function share_many( array $ids, bool $all ): void {
		try {
			$offers = $all ? $this->offers->offer_all() : $this->offers->offer_chosen( $ids );
		} catch ( BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		OfferLines::show( $offers );
		$count = count( array_filter( $offers, static fn( Offer $offer ): bool => Offer::OFFERED === $offer->state ) );
		$count > 0 || array() === $offers ? \WP_CLI::success( "{$count} of " . count( $offers ) . " doctors use the clinic's Zoom account." ) : \WP_CLI::error( 'No doctor could be offered.' );
	}

	/**
	 * The provider a command is about.
	 *
	 * @param array<string, string> $flags Flags.
	 */
	private static function provider( array $flags ): Provider {
		$provider = Provider::tryFrom( (string) ( $flags['provider'] ?? 'zoom' ) );
		if ( null === $provider ) {
			\WP_CLI::error( 'The provider must be zoom or googlemeet.' );
		}
		return $provider;
	}

	private function run( int $id, \Closure $work, string $done ): void {
		try {
			$work( $id );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( sprintf( $done, $id ) );
	}
}
