<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Site\Pause;

/**
 * Offers doctors through the clinic's Zoom account: an administrator's decision, with the addresses as they are at that
 * moment. Whom Zoom knows is offered by KiviCare at once; the others are listed with what to do.
 */
final class ZoomOffers implements Registerable {

	/**
	 * All doctors there are, and those whom an administrator adds later.
	 */
	public const ALL = 'all';

	/**
	 * All doctors there are.
	 */
	public const PRESENT = 'present';

	/**
	 * Only those who are chosen.
	 */
	public const CHOICE = 'choice';

	public const CHOICES = array( self::ALL, self::PRESENT, self::CHOICE );

	/**
	 * Seconds for questions to Zoom while somebody waits; the sweep goes on.
	 */
	private const BUDGET = 20.0;

	/**
	 * Questions of a sweep, and seconds before the next one about the same address.
	 */
	private const BATCH = 40;
	private const AGAIN = 3600;

	public function __construct(
		private readonly Settings $settings,
		private readonly DoctorConnections $doctors,
		private readonly ZoomUsers $people,
		private readonly ZoomUserBook $book
	) {}

	public function register(): void {
		add_action( Sweep::ACTION, array( $this, 'care' ), 12, 0 );
	}

	/**
	 * Offers those whom the settings name, after they were saved.
	 *
	 * @return list<Offer>
	 */
	public function after_saving(): array {
		return $this->settings->is_clinic_wide() && self::CHOICE !== $this->settings->zoom()['doctors'] ? $this->offer_all() : array();
	}

	/**
	 * Offers every doctor whose address nobody but an administrator has chosen.
	 *
	 * @return list<Offer>
	 */
	public function offer_all(): array {
		$ids = get_users( array( 'role' => Gate::DOCTOR, 'fields' => 'ID' ) );
		return $this->offer( array_values( array_map( 'intval', $ids ) ), $this->may_be_taken( ... ) );
	}

	/**
	 * Offers doctors whom an administrator has picked one by one.
	 *
	 * @param list<int> $doctor_ids Doctors.
	 * @return list<Offer>
	 */
	public function offer_chosen( array $doctor_ids ): array {
		return $this->offer( array_values( array_filter( $doctor_ids, array( Gate::class, 'is_doctor' ) ) ), static fn(): bool => true );
	}

	/**
	 * Asks Zoom for approved addresses that it did not know or could not be asked for.
	 */
	public function care(): void {
		if ( Pause::is_on() || ! $this->settings->is_clinic_wide() ) {
			return;
		}
		try {
			$this->settle( $this->book->waiting( $this->settings->app_keys()['account_id'], time() - self::AGAIN, self::BATCH ) );
		} catch ( BridgeException $error ) {
			MeetingDesk::report( $error->failure->value, $error->getMessage(), 0 );
		}
	}

	/**
	 * Offers doctors by the addresses that they have now.
	 *
	 * @param list<int>           $doctor_ids Doctors.
	 * @param \Closure(int): bool $may        Whether the address may be taken as it is.
	 * @return list<Offer>
	 */
	private function offer( array $doctor_ids, \Closure $may ): array {
		$this->people->prime( $doctor_ids );
		update_meta_cache( 'user', $doctor_ids );
		cache_users( $doctor_ids );
		$offers  = array();
		$waiting = array();
		foreach ( $doctor_ids as $id ) {
			$known = $this->people->find( $id );
			if ( $this->is_served_otherwise( $id ) ) {
				$offers[ $id ] = new Offer( $id, Offer::OTHERWISE );
			} elseif ( null !== $known && '' !== $known->id ) {
				$this->doctors->offer_clinic_account( $id );
				$offers[ $id ] = new Offer( $id, Offer::OFFERED, $known->address );
			} elseif ( ! $may( $id ) ) {
				$offers[ $id ] = new Offer( $id, ZoomUser::UNREVIEWED, self::address( $id ) );
			} else {
				$waiting[] = ZoomUser::approved( $id, self::address( $id ), $this->settings->app_keys()['account_id'] );
			}
		}
		// Approved as they are now, whatever comes of the questions.
		array_map( array( $this->book, 'put' ), $waiting );
		return array_values( $offers + $this->settle( $waiting ) );
	}

	/**
	 * Asks Zoom, and offers whom it knows.
	 *
	 * @param list<ZoomUser> $waiting Approved addresses.
	 * @return array<int, Offer> By doctor.
	 */
	private function settle( array $waiting ): array {
		$offers = array();
		foreach ( $this->people->settle( $waiting, microtime( true ) + self::BUDGET ) as $user ) {
			$offers[ $user->doctor_id ] = new Offer( $user->doctor_id, '' === $user->id ? ( '' === $user->reason ? Offer::WAITING : $user->reason ) : Offer::OFFERED, $user->address );
			if ( '' !== $user->id && ! $this->is_served_otherwise( $user->doctor_id ) ) {
				$this->doctors->offer_clinic_account( $user->doctor_id );
			}
		}
		return $offers;
	}

	/**
	 * Whether the doctor has their own connection, which an offer must not replace.
	 */
	private function is_served_otherwise( int $doctor_id ): bool {
		$provider = $this->doctors->provider_of( $doctor_id );
		return Provider::GoogleMeet === $provider || $this->doctors->has_own_tokens( $doctor_id ) || null !== $this->doctors->own_app( $doctor_id );
	}

	/**
	 * Whether the address is one that nobody but an administrator has chosen. Another one than was approved may be the
	 * doctor's choice.
	 */
	private function may_be_taken( int $doctor_id ): bool {
		$known = $this->people->find( $doctor_id );
		return null === $known || ( ZoomUser::UNREVIEWED !== $known->reason && 0 === strcasecmp( $known->address, self::address( $doctor_id ) ) );
	}

	private static function address( int $doctor_id ): string {
		$user = get_userdata( $doctor_id );
		return $user ? $user->user_email : '';
	}
}
