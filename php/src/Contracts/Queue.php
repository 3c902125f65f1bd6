<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Contracts;

/**
 * The part of the extension that remembers what is to be done. Everything is committed at once, outside of KiviCare's
 * transactions. Every method throws BridgeException.
 */
interface Queue {

	/**
	 * Writes that an appointment may not be as it should be. It is due in a minute: until then the request that noted it
	 * is expected to see to it.
	 *
	 * @return int A number for settle().
	 */
	public function note( int $appointment_id, bool $verify ): int;

	/**
	 * Forgets the note, unless the appointment was told of again.
	 */
	public function settle( int $appointment_id, int $noted ): void;

	/**
	 * Puts off what is due of the appointment.
	 */
	public function postpone( int $appointment_id, int $seconds ): void;

	/**
	 * What is due, doctors in turns.
	 *
	 * @return list<array{appointment_id: int, doctor_id: int, verify: bool, noted: int}>
	 */
	public function due( int $limit ): array;

	/**
	 * Seconds until the next operation becomes due, null when nothing waits.
	 */
	public function next_due(): ?int;

	/**
	 * Reconciles many appointments, some at the same time.
	 *
	 * @param list<array<string, mixed>> $visited As Bridge::reconcile(), each with noted.
	 * @return list<array<string, mixed>>|null Outcomes, each with appointment_id; null while another run is at work.
	 */
	public function run( array $visited ): ?array;

	/**
	 * Takes it on to mail the link of an appointment's meeting; true for one process, for ten minutes.
	 */
	public function claim_link( string $provider, int $appointment_id ): bool;

	/**
	 * The link is mailed.
	 */
	public function settle_link( string $provider, int $appointment_id ): void;

	/**
	 * Renews connections that nobody has used for a while.
	 *
	 * @return list<array<string, mixed>> doctor_id, provider, state, reason, message, token_refreshed.
	 */
	public function tend( int $limit ): array;

	/**
	 * How a doctor's own connection is.
	 *
	 * @return array<string, mixed>|null doctor_id, provider, state (healthy, expiring, reconnect, revoked), reason, message.
	 */
	public function connection_state( string $provider, int $doctor_id ): ?array;

	/**
	 * Notes that a doctor's own connection has just been made.
	 */
	public function connection_made( string $provider, int $doctor_id ): void;

	/**
	 * Notes its end.
	 *
	 * @param bool $revoked Whether the doctor ended it at the provider.
	 */
	public function connection_ended( string $provider, int $doctor_id, bool $revoked ): void;
}
