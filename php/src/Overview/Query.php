<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Overview;

/**
 * Which rows of a list, and which page of them. Empty fields do not filter.
 */
final class Query {

	public const MOST_PER_PAGE = 200;

	/**
	 * A query.
	 *
	 * @param int    $page           First is 1.
	 * @param int    $per_page       At most MOST_PER_PAGE.
	 * @param string $search         Part of a doctor's name or e-mail.
	 * @param string $state          Doctors: state of a connection. Meetings: ready or an operation's state. Operations:
	 *                               a state, or "unfinished".
	 * @param string $provider       zoom or googlemeet.
	 * @param int    $doctor_id      One doctor's rows.
	 * @param int    $appointment_id One appointment's rows.
	 * @param string $when           Meetings: ahead or past.
	 * @param int    $clinic_admin   Only what belongs to clinics of this clinic admin; 0 for everything. Who may see
	 *                               everything is the caller's decision.
	 */
	public function __construct(
		public readonly int $page = 1,
		public readonly int $per_page = 20,
		public readonly string $search = '',
		public readonly string $state = '',
		public readonly string $provider = '',
		public readonly int $doctor_id = 0,
		public readonly int $appointment_id = 0,
		public readonly string $when = '',
		public readonly int $clinic_admin = 0
	) {}

	/**
	 * A query from what a request or a command line gives; what is unusable counts as absent.
	 *
	 * @param array<string, mixed> $given page, per_page, search, state, provider, doctor, appointment, when.
	 */
	public static function of( array $given, int $clinic_admin = 0 ): self {
		$text = static fn( string $key ): string => is_scalar( $given[ $key ] ?? null ) ? trim( (string) $given[ $key ] ) : '';
		return new self(
			page: max( 1, (int) $text( 'page' ) ),
			per_page: '' === $text( 'per_page' ) ? 20 : min( self::MOST_PER_PAGE, max( 1, (int) $text( 'per_page' ) ) ),
			search: mb_substr( $text( 'search' ), 0, 100 ),
			state: $text( 'state' ),
			provider: $text( 'provider' ),
			doctor_id: max( 0, (int) $text( 'doctor' ) ),
			appointment_id: max( 0, (int) $text( 'appointment' ) ),
			when: $text( 'when' ),
			clinic_admin: $clinic_admin
		);
	}

	/**
	 * The same rows, the page after this one.
	 */
	public function next(): self {
		return new self( $this->page + 1, $this->per_page, $this->search, $this->state, $this->provider, $this->doctor_id, $this->appointment_id, $this->when, $this->clinic_admin );
	}

	public function offset(): int {
		return ( $this->page - 1 ) * $this->per_page;
	}
}
