<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

/**
 * What came of offering a doctor through the clinic's Zoom account.
 */
final class Offer {

	public const OFFERED = 'offered';

	/**
	 * The doctor has their own connection.
	 */
	public const OTHERWISE = 'otherwise';

	/**
	 * There was no time to ask Zoom; the sweep does.
	 */
	public const WAITING = 'waiting';

	/**
	 * One doctor.
	 *
	 * @param int    $doctor_id Doctor.
	 * @param string $state     OFFERED, OTHERWISE, WAITING, or the reason why Zoom's user is not known.
	 * @param string $address   The address in question.
	 */
	public function __construct(
		public readonly int $doctor_id,
		public readonly string $state,
		public readonly string $address = ''
	) {}

	/**
	 * For lists.
	 *
	 * @return array{id: int, name: string, address: string, state: string, remedy: string}
	 */
	public function to_array(): array {
		$user = get_userdata( $this->doctor_id );
		return array(
			'id'      => $this->doctor_id,
			'name'    => $user ? $user->display_name : '',
			'address' => $this->address,
			'state'   => $this->state,
			'remedy'  => self::remedy( $this->state, $this->address ),
		);
	}

	/**
	 * What to do about it; empty where there is nothing to do.
	 */
	public static function remedy( string $state, string $address ): string {
		return match ( $state ) {
			self::OFFERED, '' => '',
			self::OTHERWISE   => __( 'Has their own connection, which stays in use.', 'kivicare-telemed' ),
			self::WAITING, 'unavailable', 'rate_limited' => __( 'Zoom has not answered yet; it is asked again by itself.', 'kivicare-telemed' ),
			/* translators: %s: e-mail address. */
			'host_not_found'  => sprintf( __( 'Zoom does not know %s in this account. Add the user there, or map the doctor to another Zoom user.', 'kivicare-telemed' ), $address ),
			ZoomUser::UNREVIEWED => __( 'The address was not entered by an administrator. Check it, then offer the doctor by name or map the doctor.', 'kivicare-telemed' ),
			ZoomUser::TAKEN   => __( 'Another doctor is this Zoom user already. Map the doctor to the right one.', 'kivicare-telemed' ),
			ZoomUser::ANOTHER_ACCOUNT => __( 'Was approved for another Zoom account. Offer the doctor again, or map the doctor to a user of this one.', 'kivicare-telemed' ),
			default           => __( 'Zoom refuses the clinic\'s app. Test the connection under Set-up.', 'kivicare-telemed' ),
		};
	}

	/**
	 * One sentence about many.
	 *
	 * @param list<self> $offers Offers.
	 */
	public static function summary( array $offers ): string {
		$open  = array_filter( $offers, static fn( self $offer ): bool => ! in_array( $offer->state, array( self::OFFERED, self::OTHERWISE ), true ) );
		$count = count( array_filter( $offers, static fn( self $offer ): bool => self::OFFERED === $offer->state ) );
		/* translators: %d: number of doctors. */
		$text = array() === $offers ? '' : sprintf( _n( '%d doctor is offered through the clinic\'s Zoom account.', '%d doctors are offered through the clinic\'s Zoom account.', $count, 'kivicare-telemed' ), $count );
		foreach ( array_slice( $open, 0, 5 ) as $offer ) {
			$one   = $offer->to_array();
			$text .= " {$one['name']}: {$one['remedy']}";
		}
		return trim( $text );
	}
}
