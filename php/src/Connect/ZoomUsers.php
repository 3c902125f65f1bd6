<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Rest\Diagnosis;

/**
 * Who is whom in the clinic's Zoom account. An address is asked for at Zoom once, when an administrator approves it; from
 * then on Zoom's user id counts, whatever becomes of addresses here or there.
 */
final class ZoomUsers {

	/**
	 * Fired with (int $doctor_id) when it is settled which Zoom user a doctor is, or when that is taken back.
	 */
	public const CHANGED_ACTION = 'kivicare_telemed_zoom_user_changed';

	/**
	 * Users in one question to the extension: one token, eight at a time.
	 */
	private const PORTION = 40;

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Settings $settings,
		private readonly ZoomUserBook $book
	) {}

	/**
	 * Zoom's id of the doctor's approved user, empty for none.
	 */
	public function id( int $doctor_id ): string {
		return $this->find( $doctor_id )->id ?? '';
	}

	/**
	 * What is decided about the doctor, as it counts in the account that the clinic has now.
	 */
	public function find( int $doctor_id ): ?ZoomUser {
		return $this->book->find( $doctor_id )?->in_account( $this->account() );
	}

	/**
	 * Reads many at once.
	 *
	 * @param list<int> $doctor_ids Doctors.
	 */
	public function prime( array $doctor_ids ): void {
		$this->book->prime( $doctor_ids );
	}

	public function forget( int $doctor_id ): void {
		$this->book->forget( $doctor_id );
	}

	/**
	 * Approves a Zoom user for a doctor. Nothing is changed unless Zoom knows it.
	 *
	 * @param string $zoom_user Zoom user id or e-mail address.
	 * @throws \InvalidArgumentException When it cannot be a Zoom user, or Zoom does not know it; the message says what to do.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the extension fails.
	 */
	public function approve( int $doctor_id, string $zoom_user ): ZoomUser {
		self::check( $zoom_user );
		$answer = $this->look_up( $this->settings->app_keys(), array( $zoom_user ) )[ $zoom_user ];
		if ( 'done' !== $answer['state'] ) {
			throw new \InvalidArgumentException( self::refusal( $answer, $zoom_user ) );
		}
		$user = ZoomUser::approved( $doctor_id, $zoom_user, $this->account() )->found( $answer['id'], $answer['email'] );
		$before = $this->id( $doctor_id );
		$this->book->put( $user );
		$before === $user->id || do_action( self::CHANGED_ACTION, $doctor_id );
		return $user;
	}

	/**
	 * Takes the approval back.
	 */
	public function withdraw( int $doctor_id ): void {
		$this->book->drop( $doctor_id ) > 0 && do_action( self::CHANGED_ACTION, $doctor_id );
	}

	/**
	 * Takes the approval back, and lets nobody but an administrator who names the doctor give another.
	 */
	public function refuse( int $doctor_id ): void {
		$this->withdraw( $doctor_id );
		$this->book->add( new ZoomUser( $doctor_id, reason: ZoomUser::UNREVIEWED ) );
	}

	/**
	 * Forgets who the doctor is at Zoom. What remains says only that an administrator has to look at the doctor's address:
	 * without it the doctor would look like one whose address nobody has changed.
	 *
	 * @return bool Whether there was something to forget.
	 */
	public function erase( int $doctor_id ): bool {
		$known = $this->book->find( $doctor_id );
		if ( null === $known || ( ZoomUser::UNREVIEWED === $known->reason && '' === $known->id . $known->address ) ) {
			return false;
		}
		$this->refuse( $doctor_id );
		return true;
	}

	/**
	 * Asks Zoom who approved addresses are. Each answer is kept; a Zoom user that is another doctor already is not given a
	 * second time.
	 *
	 * @param list<ZoomUser> $waiting  Approved addresses.
	 * @param float          $deadline When to stop, as microtime( true ).
	 * @return list<ZoomUser> The same with what Zoom said; those that were not asked for as they were.
	 */
	public function settle( array $waiting, float $deadline ): array {
		$settled = array();
		foreach ( array_chunk( $waiting, self::PORTION ) as $portion ) {
			$answers = microtime( true ) < $deadline ? $this->look_up( $this->settings->app_keys(), array_column( $portion, 'address' ) ) : array();
			foreach ( $portion as $user ) {
				$settled[] = isset( $answers[ $user->address ] ) ? $this->settle_one( $user, $answers[ $user->address ] ) : $user;
			}
		}
		return $settled;
	}

	/**
	 * Finds users of an app's account.
	 *
	 * @param array<string, mixed> $keys  account_id, client_id, client_secret, doctor_id.
	 * @param list<string>         $users E-mail addresses or ids.
	 * @return array<string, array{state: string, reason: string, message: string, id: string, email: string}> By what was asked.
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When the extension fails.
	 */
	public function look_up( #[\SensitiveParameter] array $keys, array $users ): array {
		if ( in_array( '', array_intersect_key( $keys, array( 'account_id' => 1, 'client_id' => 1, 'client_secret' => 1 ) ), true ) ) {
			$answer = array( 'users' => array(), 'state' => 'refused', 'reason' => 'configuration', 'message' => __( 'The clinic has no server-to-server app at Zoom. Enter account ID, client ID and client secret first.', 'kivicare-telemed' ) );
		} else {
			$answer = $this->bridge->look_up_zoom_users( $keys, $users );
		}
		$found = array();
		foreach ( $users as $i => $user ) {
			$one            = 'done' === $answer['state'] ? $answer['users'][ $i ] : $answer;
			$found[ $user ] = array(
				'state'   => (string) $one['state'],
				'reason'  => (string) $one['reason'],
				'message' => (string) $one['message'],
				'id'      => (string) ( $one['user']['id'] ?? '' ),
				'email'   => (string) ( $one['user']['email'] ?? '' ),
			);
		}
		return $found;
	}

	/**
	 * What a refused question means for whoever asked.
	 *
	 * @param array<string, mixed> $answer reason, message.
	 */
	public static function refusal( array $answer, string $zoom_user ): string {
		return 'host_not_found' === $answer['reason']
			/* translators: %s: e-mail address or id. */
			? sprintf( __( 'Zoom does not know %s in this account. Add the user there, or enter the address that the doctor has at Zoom.', 'kivicare-telemed' ), $zoom_user )
			: Diagnosis::of( Provider::Zoom, $answer );
	}

	/**
	 * Refuses what cannot be a Zoom user.
	 *
	 * @throws \InvalidArgumentException When it cannot be one.
	 */
	public static function check( string $zoom_user ): void {
		if ( ! is_email( $zoom_user ) && ( 1 !== preg_match( '/^[\w-]{1,64}$/', $zoom_user ) || 'me' === strtolower( $zoom_user ) ) ) {
			throw new \InvalidArgumentException( __( 'A Zoom user is an e-mail address or an id of letters, digits, - and _.', 'kivicare-telemed' ) );
		}
	}

	private function account(): string {
		return $this->settings->app_keys()['account_id'];
	}

	/**
	 * Keeps what Zoom said.
	 *
	 * @param array{state: string, reason: string, message: string, id: string, email: string} $answer Of look_up().
	 */
	private function settle_one( ZoomUser $user, array $answer ): ZoomUser {
		if ( 'done' !== $answer['state'] ) {
			$settled = $user->missed( $answer['reason'] );
		} elseif ( $this->book->other_doctor( $answer['id'], $user->doctor_id ) > 0 ) {
			$settled = $user->missed( ZoomUser::TAKEN );
		} else {
			$settled = $user->found( $answer['id'], $answer['email'] );
		}
		// Zoom may take its time; what an administrator has decided meanwhile stands.
		if ( $this->book->answer( $user, $settled ) && '' !== $settled->id ) {
			do_action( self::CHANGED_ACTION, $user->doctor_id );
		}
		return $this->find( $user->doctor_id ) ?? $user;
	}
}
