<?php

// Stubs for kivicare_telemed

namespace KiviCare\Telemed\Native {
    /**
     * Doctors' Google calendars, as far as our events are concerned.
     */
    class Calendar {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Starts following a doctor's calendar.
         *
         * @param int $doctor_id
         * @return void
         */
        public function follow(int $doctor_id): void {}

        /**
         * Stops following it, and the push channel with it. Call it while there are tokens.
         *
         * @param int $doctor_id
         * @return void
         */
        public function leave(int $doctor_id): void {}

        /**
         * Tries a Google app. Array: client_id, client_secret, doctor_id (whose calendar is looked at, 0 for none).
         * Returns: state ("done" or "refused"), reason, message, calendar (its id, or null).
         *
         * @param array $keys
         * @return array
         */
        public function probe(array $keys): array {}

        /**
         * Looks at one calendar now. Returns: doctor_id, appointments (ids to reconcile with verify), requests, full,
         * reason, message, token_refreshed, unfinished.
         *
         * @param int $doctor_id
         * @return array
         */
        public function pull(int $doctor_id): array {}

        /**
         * Looks at the calendars that are due, several at a time. A list of arrays as pull() returns.
         *
         * @param int $limit
         * @return array
         */
        public function pullDue(int $limit): array {}

        /**
         * Checks a push message by its headers. Returns the doctor whose calendar changed, 0 for a message that only says
         * that the channel works, null for one that is not Google's.
         *
         * @param string $channel_id
         * @param string $token
         * @param string $state
         * @return int|null
         */
        public function push(string $channel_id, string $token, string $state): ?int {}
    }

    /**
     * One site's settings. Holds secrets: nothing of it can be read back.
     *
     * Array: site, db{host,user,password,name,charset,prefix,base_prefix,usermeta_table,client_flags},
     * keys{primary,retired[],salts}, zoom{api_url,oauth_url,account_id,client_id,client_secret,webhook_secret},
     * google{auth_url,token_url,revoke_url,api_url,client_id,client_secret,send_updates,reminder_minutes,push_url},
     * http{ca_file,allow_http,connect_timeout_ms,total_timeout_ms}, paused (bool; but for notes, PausedException).
     */
    class Config {
        /**
         * Checks and takes over the settings; no connection is made.
         *
         * @param array $settings
         */
        public function __construct(array $settings) {}
    }

    /**
     * A doctor's consent at a provider, and its end.
     */
    class Consent {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Prepares the way to the consent page. Party: provider, user_id, session, redirect_uri. Returns: url, key (SHA-256 of the
         * state in hex), sealed (to be kept under the key for ten minutes).
         *
         * @param array $party
         * @return array
         */
        public function begin(array $party): array {}

        /**
         * Exchanges the code. `sealed` must be deleted where it was kept before this is called. Returns: state ("done"
         * or "refused"), reason, message, sealed (tokens for the doctor's meta), scope, user (id, email or null).
         *
         * @param string $sealed
         * @param string $state
         * @param string $code
         * @param array $party
         * @return array
         */
        public function complete(string $sealed, string $state, string $code, array $party): array {}

        /**
         * Ends the doctor's own connection at the provider; the caller deletes the tokens. Returns: state ("done" or "refused"),
         * reason, message, confirmed (the provider knew the token).
         *
         * @param string $provider
         * @param int $doctor_id
         * @return array
         */
        public function revoke(string $provider, int $doctor_id): array {}
    }

    /**
     * Reads the mapping tables on our own connection: rows show at once inside KiviCare's open transaction.
     */
    class MappingStore {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * The appointment's mapping: provider, appointment_id, meeting_id, uuid, start_url, join_url, password, extra.
         *
         * @param string $provider
         * @param int $appointment_id
         * @return array|null
         */
        public function findByAppointment(string $provider, int $appointment_id): ?array {}

        /**
         * The mapping with this meeting id (Zoom) or event id (Google Meet).
         *
         * @param string $provider
         * @param string $meeting_id
         * @return array|null
         */
        public function findByMeeting(string $provider, string $meeting_id): ?array {}
    }

    /**
     * Google Calendar as one doctor's connection sees it. Unjournalled: bookings go through Telemed.
     */
    class MeetClient {
        /**
         * For the doctor with this WordPress user id.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         * @param int $doctor_id
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config, int $doctor_id) {}

        /**
         * The doctor's calendar: id (the account's e-mail address), allows_meet.
         *
         * @return array
         */
        public function calendar(): array {}

        /**
         * Creates a private event with a Meet link. Array as Telemed::createMeeting.
         *
         * @param array $visit
         * @return array
         */
        public function createMeeting(array $visit): array {}

        /**
         * Deletes an event; one that is gone already counts as deleted.
         *
         * @param string $id
         * @return void
         */
        public function deleteMeeting(string $id): void {}

        /**
         * The event as Google has it now.
         *
         * @param string $id
         * @return array
         */
        public function getMeeting(string $id): array {}

        /**
         * Changes an event. Array as Telemed::createMeeting.
         *
         * @param string $id
         * @param array $visit
         * @return void
         */
        public function updateMeeting(string $id, array $visit): void {}
    }

    /**
     * The journal of operations.
     */
    class OperationJournal {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Every operation of the appointment, oldest first.
         *
         * @param int $appointment_id
         * @return array
         */
        public function forAppointment(int $appointment_id): array {}
    }

    /**
     * Appointments that wait to be looked at, and the runs that work them off.
     */
    class Queue {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Takes it on to mail the link of the appointment's meeting: true for one process, for ten minutes.
         *
         * @param string $provider
         * @param int $appointment_id
         * @return bool
         */
        public function claimLink(string $provider, int $appointment_id): bool {}

        /**
         * Notes that a doctor's connection has just been made (true) or ended (false).
         *
         * @param string $provider
         * @param int $doctor_id
         * @param bool $made
         * @param bool $revoked
         * @return void
         */
        public function connection(string $provider, int $doctor_id, bool $made, bool $revoked): void {}

        /**
         * How a doctor's own connection is: state, reason, message; null where that is not known.
         *
         * @param string $provider
         * @param int $doctor_id
         * @return array|null
         */
        public function connectionState(string $provider, int $doctor_id): ?array {}

        /**
         * What is due, doctors in turns: a list of appointment_id, doctor_id, verify, noted.
         *
         * @param int $limit
         * @return array
         */
        public function due(int $limit): array {}

        /**
         * Seconds until the next operation becomes due, null when nothing waits.
         *
         * @return int|null
         */
        public function nextDue(): ?int {}

        /**
         * Writes that an appointment may not be as it should be; it is due in a minute. Returns a number for settle().
         *
         * @param int $appointment_id
         * @param bool $verify
         * @return int
         */
        public function note(int $appointment_id, bool $verify): int {}

        /**
         * Puts off what is due of the appointment.
         *
         * @param int $appointment_id
         * @param int $seconds
         * @return void
         */
        public function postpone(int $appointment_id, int $seconds): void {}

        /**
         * Reconciles many appointments, some at the same time. A list of arrays as Telemed::reconcile() takes, each with
         * noted. Returns a list of outcomes, each with appointment_id; null while another run is at work.
         *
         * @param array $all
         * @return array|null
         */
        public function run(array $all): ?array {}

        /**
         * Forgets the note, unless the appointment was told of again.
         *
         * @param int $appointment_id
         * @param int $noted
         * @return void
         */
        public function settle(int $appointment_id, int $noted): void {}

        /**
         * The link is mailed.
         *
         * @param string $provider
         * @param int $appointment_id
         * @return void
         */
        public function settleLink(string $provider, int $appointment_id): void {}

        /**
         * Renews connections that nobody has used for a while. A list of doctor_id, provider, state, reason, message,
         * token_refreshed.
         *
         * @param int $limit
         * @return array
         */
        public function tend(int $limit): array {}
    }

    /**
     * The use cases: an appointment's meeting, made and ended.
     */
    class Telemed {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Ends the appointment's meeting. Array: appointment_id, doctor_id, host, doctor_tokens. Returns as
         * createMeeting, with mapping null.
         *
         * @param array $visit
         * @return array
         */
        public function cancelMeeting(array $visit): array {}

        /**
         * Makes the visit's meeting or returns the one it has.
         *
         * Visit: appointment_id, doctor_id, start (local Y-m-d H:i:s), timezone, fallback_timezone, duration_minutes,
         * topic, start_url, patient_id, description, guests (e-mail addresses), content (changes with title and text);
         * host fields: provider ("zoom" or "googlemeet"), host (Zoom user id or e-mail), doctor_tokens (bool). Returns: state ("ready", "pending",
         * "parked", "failed"), operation_id, reason, message, mapping (array or null), token_refreshed, mended (what was undone at the provider:
         * "moved_back", "restored", "closed", "relinked", "left", or empty), finished (list of journal rows).
         *
         * @param array $visit
         * @return array
         */
        public function createMeeting(array $visit): array {}

        /**
         * Tries a server-to-server app. Array: account_id, client_id, client_secret, doctor_id (whose sealed secret it
         * is, 0 for the clinic's), host (Zoom user or empty). Returns: state ("done" or "refused"), reason
         * ("client_refused", "account_refused", "scope", "host_not_found", "unavailable"...), message, user.
         *
         * @param array $keys
         * @return array
         */
        public function probe(array $keys): array {}

        /**
         * Makes the appointment's meeting what committed rows say it should be.
         *
         * Array: appointment_id, gone (the row is deleted), verify (look at Zoom too), visit (as createMeeting with its
         * host fields, or null for no meeting), holder (host fields of the doctor of the meeting there is). Returns as
         * createMeeting.
         *
         * @param array $visited
         * @return array
         */
        public function reconcile(array $visited): array {}

        /**
         * Sends the response's Location header with a fresh host link, which PHP code never holds. The caller has checked
         * that the visitor is the host. Array: appointment_id and host fields. Returns: state ("done" or "refused"),
         * reason, message, token_refreshed.
         *
         * @param array $visit
         * @return array
         */
        public function redirectHost(array $visit): array {}
    }

    /**
     * The site's state, and the record of who did what.
     */
    class Upkeep {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Appends to the audit log. Array: actor_id, source ("web", "cli", "cron", "webhook"), action, appointment_id,
         * doctor_id, provider, detail.
         *
         * @param array $entry
         * @return void
         */
        public function audit(array $entry): void {}

        /**
         * Whether this machine's processes can count their database sessions together, in the folder for temporary files.
         *
         * @return bool
         */
        public function countsSessions(): bool {}

        /**
         * Whether the secret was sealed with another key than the current one.
         *
         * @param string $sealed
         * @return bool
         */
        public function needsReseal(string $sealed): bool {}

        /**
         * Asks the database for a sign of life over the extension's own connection.
         *
         * @return void
         */
        public function ping(): void {}

        /**
         * Records that somebody was turned away; what is alike is one row, which counts. Array: actor_id, source, route,
         * address (of the connection; it is not kept).
         *
         * @param array $refusal
         * @return void
         */
        public function refused(array $refusal): void {}

        /**
         * PHP has closed that session.
         *
         * @return void
         */
        public function sessionClosed(): void {}

        /**
         * Makes room for a database session that PHP is about to open; to be followed by sessionClosed().
         *
         * @return void
         */
        public function sessionWanted(): void {}

        /**
         * The TLS version reached with the provider's API host ("1.3", "1.2"), null where the address is plain http.
         *
         * @param string $provider
         * @return string|null
         */
        public function tlsVersion(string $provider): ?string {}
    }

    /**
     * Encryption of secrets at rest. There is no way to open a seal from PHP.
     */
    class Vault {
        /**
         * For this site's keys.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Whether the text has the form of a seal.
         *
         * @param string $text
         * @return bool
         */
        public function isSealed(string $text): bool {}

        /**
         * Seals a sealed secret anew with the current key.
         *
         * @param string $sealed
         * @param string $owner
         * @param string $purpose
         * @return string
         */
        public function reseal(string $sealed, string $owner, string $purpose): string {}

        /**
         * Seals a secret for its owner ("user:5", "option:name") and purpose (meta key or option field).
         *
         * @param string $plaintext
         * @param string $owner
         * @param string $purpose
         * @return string
         */
        public function seal(string $plaintext, string $owner, string $purpose): string {}

        /**
         * Array: source ("key", "salts" or "none"), key_id.
         *
         * @return array
         */
        public function status(): array {}
    }

    /**
     * Zoom's webhooks.
     */
    class Webhook {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Writes the event into its meeting's mapping. Call it only with a body that open() accepted. Returns
         * appointment_id, mapping, check (reconcile with verify), or null when the meeting is not ours.
         *
         * @param string $body
         * @return array|null
         */
        public function note(string $body): ?array {}

        /**
         * Checks the signature over the raw body; InvalidInputException when it is refused. Returns: event, event_ts
         * (ms), key (equal for deliveries of one event), meeting_id, time, person (id, host, at or null), deauthorized
         * (user_id, account_id, client_id or null), plain_token and encrypted_token (endpoint validation, else null).
         *
         * @param string $timestamp
         * @param string $signature
         * @param string $body
         * @return array
         */
        public function open(string $timestamp, string $signature, string $body): array {}
    }

    /**
     * Zoom's API as one connection sees it. Unjournalled: bookings go through Telemed.
     */
    class ZoomClient {
        /**
         * Connection: doctor_id, doctor_tokens (bool), host (Zoom user id or e-mail for server-to-server).
         *
         * @param \KiviCare\Telemed\Native\Config $config
         * @param array $connection
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config, array $connection) {}

        /**
         * Creates a private scheduled meeting. Array as Telemed::createMeeting: start, timezone, duration_minutes, topic.
         *
         * @param array $visit
         * @return array
         */
        public function createMeeting(array $visit): array {}

        /**
         * The connection's own user: id, email, type.
         *
         * @return array
         */
        public function currentUser(): array {}

        /**
         * Deletes a meeting; one that is gone already counts as deleted.
         *
         * @param string $id
         * @return void
         */
        public function deleteMeeting(string $id): void {}

        /**
         * The meeting as Zoom has it now, without its host link.
         *
         * @param string $id
         * @return array
         */
        public function getMeeting(string $id): array {}

        /**
         * The host's upcoming meetings.
         *
         * @return array
         */
        public function listUpcoming(): array {}

        /**
         * Whether the account takes digits alone as passcodes.
         *
         * @return bool
         */
        public function numericPasscodes(): bool {}

        /**
         * Moves a meeting. Array as Telemed::createMeeting: start, timezone, duration_minutes.
         *
         * @param string $id
         * @param array $visit
         * @return void
         */
        public function updateMeeting(string $id, array $visit): void {}
    }

    /**
     * Who is who in a server-to-server app's Zoom account.
     */
    class ZoomUsers {
        /**
         * For this site.
         *
         * @param \KiviCare\Telemed\Native\Config $config
         */
        public function __construct(\KiviCare\Telemed\Native\Config $config) {}

        /**
         * Looks users up by e-mail address or id. Keys as Telemed::probe() without host. Returns as probe(), with users: a
         * list in the order of the question, each with state ("done" or "refused"), reason, message and user (id, email,
         * type).
         *
         * @param array $keys
         * @param array $users
         * @return array
         */
        public function lookUp(array $keys, array $users): array {}
    }

    /**
     * Version of the extension; the plugin works with exactly its own.
     *
     * @return string
     */
    function version(): string {}
}

namespace KiviCare\Telemed\Native\Exception {
    /**
     * The connection to the provider ended or lacks a permission; connect again.
     */
    class AuthorizationException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * The site is not set up; the message names the remedy.
     */
    class ConfigurationException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * A defect of the extension, panics included.
     */
    class InternalException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * The caller passed something unusable.
     */
    class InvalidInputException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * The provider does not know the meeting or the host.
     */
    class NotFoundException extends \KiviCare\Telemed\Native\Exception\ProviderException {
        public function __construct() {}
    }

    /**
     * The site is paused: it may be a copy, and an administrator must say what it is.
     */
    class PausedException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * The provider refused, is down, or its answer was lost.
     */
    class ProviderException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * Too many requests, this second or today.
     */
    class RateLimitException extends \KiviCare\Telemed\Native\Exception\ProviderException {
        public function __construct() {}
    }

    /**
     * The database refuses, cannot be reached, or another process holds a lock.
     */
    class StoreException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }

    /**
     * Base of every exception the extension throws.
     */
    class TelemedException extends \Exception {
        public function __construct() {}
    }

    /**
     * A secret cannot be sealed or opened.
     */
    class VaultException extends \KiviCare\Telemed\Native\Exception\TelemedException {
        public function __construct() {}
    }
}
