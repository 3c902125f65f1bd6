<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

/**
 * Which user of the clinic's Zoom account a doctor is, as an administrator approved it.
 */
final class ZoomUser {

	/**
	 * The doctor chose the address, so only an administrator who looks at it may approve it.
	 */
	public const UNREVIEWED = 'unreviewed';

	/**
	 * Another doctor is this Zoom user already.
	 */
	public const TAKEN = 'taken';

	/**
	 * Approved in another Zoom account, or on the site that this one is a copy of.
	 */
	public const ANOTHER_ACCOUNT = 'another_account';

	/**
	 * A row.
	 *
	 * @param int    $doctor_id   WordPress user id.
	 * @param string $id          Zoom's user id; empty until Zoom has told it.
	 * @param string $address     The address as it was approved, or Zoom's own for the id; empty for none.
	 * @param string $account_id  Zoom account for which it was approved.
	 * @param string $reason      Why there is no id: a failure of the extension, or one of these constants.
	 * @param int    $approved_by Administrator, 0 for the command line or an upgrade.
	 * @param int    $approved_at Unix seconds, 0 for not approved.
	 * @param int    $asked_at    When Zoom was last asked, Unix seconds.
	 */
	public function __construct(
		public readonly int $doctor_id,
		public readonly string $id = '',
		public readonly string $address = '',
		public readonly string $account_id = '',
		public readonly string $reason = '',
		public readonly int $approved_by = 0,
		public readonly int $approved_at = 0,
		public readonly int $asked_at = 0
	) {}

	/**
	 * Approved by whoever is here now; Zoom still has to say who it is.
	 */
	public static function approved( int $doctor_id, string $address, string $account_id ): self {
		return new self( $doctor_id, address: $address, account_id: $account_id, approved_by: get_current_user_id(), approved_at: time() );
	}

	/**
	 * The same, found at Zoom.
	 */
	public function found( string $id, string $address ): self {
		return new self( $this->doctor_id, $id, '' === $address ? $this->address : $address, $this->account_id, '', $this->approved_by, $this->approved_at, time() );
	}

	/**
	 * The same, not found.
	 */
	public function missed( string $reason ): self {
		return new self( $this->doctor_id, '', $this->address, $this->account_id, $reason, $this->approved_by, $this->approved_at, time() );
	}

	/**
	 * The same as it counts in an account: an approval for another one is none.
	 */
	public function in_account( string $account_id ): self {
		return 0 === $this->approved_at || $this->account_id === $account_id ? $this : new self( $this->doctor_id, address: $this->address, reason: self::ANOTHER_ACCOUNT );
	}
}
