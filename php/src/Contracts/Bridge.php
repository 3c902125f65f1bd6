<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Contracts;

use KiviCare\Telemed\Bridge\BridgeException;

/**
 * Everything the plugin needs from the PHP extension. Secrets go in; none comes out.
 *
 * Every method but version() throws BridgeException.
 */
interface Bridge extends Queue, Sessions {

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
	 * Makes the appointment's meeting what committed rows say it should be.
	 *
	 * @param array<string, mixed> $visited appointment_id, gone, verify, visit (or null), holder.
	 * @return array<string, mixed> As create_meeting().
	 */
	public function reconcile( array $visited ): array;

	/**
	 * Sends the Location header of a fresh host link; the link itself never becomes a PHP value.
	 *
	 * @param array<string, mixed> $visit appointment_id and host fields.
	 * @return array<string, mixed> state (done, refused), reason, message, token_refreshed.
	 */
	public function redirect_host( array $visit ): array;

	/**
	 * Tries a server-to-server app.
	 *
	 * @param array<string, mixed> $keys account_id, client_id, client_secret, doctor_id, host.
	 * @return array<string, mixed> state (done, refused), reason, message, user.
	 */
	public function probe( #[\SensitiveParameter] array $keys ): array;

	/**
	 * Looks users of a server-to-server app's Zoom account up, with one token.
	 *
	 * @param array<string, mixed> $keys  account_id, client_id, client_secret, doctor_id.
	 * @param list<string>         $users E-mail addresses or ids.
	 * @return array<string, mixed> state (done, refused), reason, message; users: a list with the same and user (id, email, type).
	 */
	public function look_up_zoom_users( #[\SensitiveParameter] array $keys, array $users ): array;

	/**
	 * Prepares a consent.
	 *
	 * @param array{provider: string, user_id: int, session: string, redirect_uri: string} $party Who consents.
	 * @return array{url: string, key: string, sealed: string}
	 */
	public function begin_consent( array $party ): array;

	/**
	 * Exchanges the code that came back.
	 *
	 * @param string                                                     $sealed Of begin_consent(), deleted by the caller before.
	 * @param string                                                     $state  As it came back.
	 * @param string                                                     $code   As it came back.
	 * @param array{provider: string, user_id: int, session: string, redirect_uri: string} $party Who is here now.
	 * @return array<string, mixed> state (done, refused), reason, message, sealed, scope, user.
	 */
	public function complete_consent( string $sealed, #[\SensitiveParameter] string $state, #[\SensitiveParameter] string $code, array $party ): array;

	/**
	 * Ends a doctor's own connection at the provider.
	 *
	 * @return array<string, mixed> state (done, refused), reason, message, confirmed.
	 */
	public function revoke( string $provider, int $doctor_id ): array;

	/**
	 * Starts following a doctor's Google calendar.
	 */
	public function follow_calendar( int $doctor_id ): void;

	/**
	 * Stops following it, and its push channel.
	 */
	public function leave_calendar( int $doctor_id ): void;

	/**
	 * Looks at one doctor's calendar now.
	 *
	 * @return array<string, mixed> doctor_id, appointments, requests, full, reason, message, token_refreshed.
	 */
	public function pull_calendar( int $doctor_id ): array;

	/**
	 * Looks at the calendars that are due.
	 *
	 * @return list<array<string, mixed>> As pull_calendar().
	 */
	public function pull_due_calendars( int $limit ): array;

	/**
	 * Checks a push message of Google's.
	 *
	 * @return int|null The doctor whose calendar changed, 0 when nothing did, null when it is not genuine.
	 */
	public function open_push( string $channel_id, #[\SensitiveParameter] string $token, string $state ): ?int;

	/**
	 * Tries a Google app.
	 *
	 * @param array<string, mixed> $keys client_id, client_secret, doctor_id.
	 * @return array<string, mixed> state (done, refused), reason, message, calendar.
	 */
	public function probe_google( #[\SensitiveParameter] array $keys ): array;

	/**
	 * Checks a webhook's signature and reads it. Failure::InvalidInput when it is refused.
	 *
	 * @return array<string, mixed> event, event_ts, key, meeting_id, time, person, deauthorized, plain_token, encrypted_token.
	 */
	public function open_webhook( string $timestamp, string $signature, string $body ): array;

	/**
	 * Writes an accepted webhook into its meeting's mapping.
	 *
	 * @return array<string, mixed>|null appointment_id, mapping, check; null when the meeting is not ours.
	 */
	public function note_webhook( string $body ): ?array;

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

	/**
	 * Appends to the audit log; texts are cut to the table's columns.
	 *
	 * @param array<string, mixed> $entry actor_id, source, action, appointment_id, doctor_id, provider, detail.
	 */
	public function audit( array $entry ): void;

	/**
	 * Records that somebody was turned away; what is alike is one entry, which counts.
	 *
	 * @param array<string, mixed> $refusal actor_id, source, route, address (of the connection; it is not kept).
	 */
	public function audit_refusal( array $refusal ): void;

	/**
	 * Asks the database for a sign of life over the extension's own connection.
	 */
	public function ping(): void;

	/**
	 * The TLS version reached with the provider's API host, null where the address is plain http.
	 */
	public function tls_version( string $provider ): ?string;

	/**
	 * Whether a secret was sealed with another key than the current one.
	 */
	public function needs_reseal( string $sealed ): bool;
}
