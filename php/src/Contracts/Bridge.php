<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Contracts;

use KiviCare\Telemed\Bridge\BridgeException;

/**
 * Everything the plugin needs from the PHP extension. Secrets go in; none comes out.
 *
 * Every method but version() throws BridgeException.
 */
interface Bridge {

	/**
	 * The loaded extension's version, or null when it is not loaded.
	 */
	public function version(): ?string;

	/**
	 * Seals a secret.
	 *
	 * @param string $owner   "user:<id>" or "option:<name>".
	 * @param string $purpose Meta key or option field.
	 * @throws BridgeException When there is no usable key.
	 */
	public function seal( string $plaintext, string $owner, string $purpose ): string;

	/**
	 * Seals an envelope again under the current key.
	 */
	public function reseal( string $sealed, string $owner, string $purpose ): string;

	public function is_sealed( string $text ): bool;

	/**
	 * Where the sealing key comes from.
	 *
	 * @return array{source: string, key_id: string} Source is key, salts or none.
	 */
	public function vault_status(): array;

	/**
	 * Makes sure the appointment has its meeting.
	 *
	 * @param array<string, mixed> $visit See MeetingDesk::visit().
	 * @return array<string, mixed> state (ready, pending, parked), operation_id, reason, message, mapping, token_refreshed.
	 */
	public function create_meeting( array $visit ): array;

	/**
	 * Makes sure the appointment has no meeting.
	 *
	 * @param array<string, mixed> $visit appointment_id, doctor_id, host, doctor_tokens.
	 * @return array<string, mixed>
	 */
	public function cancel_meeting( array $visit ): array;

	/**
	 * Mapping row of an appointment.
	 *
	 * @return array<string, mixed>|null
	 */
	public function find_by_appointment( string $provider, int $appointment_id ): ?array;

	/**
	 * Mapping row of a provider's meeting.
	 *
	 * @return array<string, mixed>|null
	 */
	public function find_by_meeting( string $provider, string $meeting_id ): ?array;

	/**
	 * Journal rows of an appointment.
	 *
	 * @return list<array<string, mixed>>
	 */
	public function operations( int $appointment_id ): array;
}
