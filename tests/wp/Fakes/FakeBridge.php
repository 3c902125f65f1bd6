<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Fakes;

use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Plugin;

/**
 * Plays the extension: answers what the test says and keeps what it was given.
 */
final class FakeBridge implements Bridge {

	public ?string $version = Plugin::VERSION;

	public string $key_source = 'key';

	/** Answer, or exception, of the next meeting calls. */
	public array|\Throwable $outcome;

	/** @var list<array<string, mixed>> */
	public array $created = array();

	/** @var list<array<string, mixed>> Mapping rows with a provider key. */
	public array $mappings = array();

	/** @var list<array{plaintext: string, owner: string, purpose: string}> */
	public array $sealed = array();

	public ?\Throwable $seal_error = null;

	public function __construct() {
		$this->outcome = self::pending();
	}

	public static function ready( int $appointment_id, string $meeting_id = '8812345' ): array {
		return array(
			'state'           => 'ready',
			'operation_id'    => 1,
			'reason'          => '',
			'message'         => '',
			'mapping'         => self::mapping( $appointment_id, $meeting_id ),
			'token_refreshed' => false,
			'finished'        => array( 1 ),
		);
	}

	public static function pending(): array {
		return array(
			'state'           => 'pending',
			'operation_id'    => 1,
			'reason'          => 'unavailable',
			'message'         => 'Zoom does not answer',
			'mapping'         => null,
			'token_refreshed' => false,
		);
	}

	public static function mapping( int $appointment_id, string $meeting_id, string $provider = 'zoom' ): array {
		return array(
			'provider'       => $provider,
			'appointment_id' => $appointment_id,
			'meeting_id'     => $meeting_id,
			'uuid'           => 'abc==',
			'start_url'      => "https://clinic.example/start/{$appointment_id}",
			'join_url'       => "https://zoom.example/j/{$meeting_id}?pwd=a%2Bb",
			'password'       => 'p4ss',
			'extra'          => '{}',
		);
	}

	public function version(): ?string {
		return $this->version;
	}

	/**
	 * With a backslash, which a forgotten wp_slash() would eat.
	 */
	public function seal( string $plaintext, string $owner, string $purpose ): string {
		if ( null !== $this->seal_error ) {
			throw $this->seal_error;
		}
		$this->sealed[] = compact( 'plaintext', 'owner', 'purpose' );
		return "fake\\{$this->key}:" . hash( 'sha256', $owner . $purpose . $plaintext );
	}

	public function reseal( string $sealed, string $owner, string $purpose ): string {
		if ( null !== $this->seal_error ) {
			throw $this->seal_error;
		}
		$this->resealed[] = array( $owner, $purpose );
		return "fake\\{$this->key}:" . substr( $sealed, 7 );
	}

	public function is_sealed( string $text ): bool {
		return 1 === preg_match( '/^fake\\\\\d:/', $text );
	}

	public function vault_status(): array {
		return array(
			'source' => $this->key_source,
			'key_id' => 'k1',
		);
	}

	public function create_meeting( array $visit ): array {
		$this->created[] = $visit;
		return $this->answer();
	}

	/** @var list<array<string, mixed>> */
	public array $reconciled = array();

	/** Answer of redirect_host(), probe(), complete_consent() and revoke(). */
	public array $verdict = array(
		'state'   => 'done',
		'reason'  => '',
		'message' => '',
	);

	/** @var list<int> Doctors whose connection was revoked. */
	public array $revoked = array();

	/** What another process does while the provider is asked; once. */
	public ?\Closure $meanwhile = null;

	public function reconcile( array $visited ): array {
		$this->reconciled[] = $visited;
		$meanwhile          = $this->meanwhile;
		$this->meanwhile    = null;
		null === $meanwhile || $meanwhile();
		return $this->answer();
	}

	public function redirect_host( array $visit ): array {
		return $this->verdict;
	}

	public function probe( array $keys ): array {
		return $this->verdict;
	}

	/** @var array<string, string> Reasons why Zoom does not know a user; every other one it knows. */
	public array $unknown_zoom_users = array();

	/** @var list<list<string>> Users that were looked up. */
	public array $looked_up = array();

	public function look_up_zoom_users( array $keys, array $users ): array {
		$this->looked_up[] = $users;
		$found             = array();
		foreach ( $users as $user ) {
			$reason  = $this->unknown_zoom_users[ $user ] ?? '';
			$found[] = array( 'state' => '' === $reason ? 'done' : 'refused', 'reason' => $reason, 'message' => '' === $reason ? '' : 'unknown' ) + ( '' === $reason ? array( 'user' => array( 'id' => self::zoom_id( $user ), 'email' => $user, 'type' => 2 ) ) : array() );
		}
		return $this->verdict + array( 'users' => $found );
	}

	public static function zoom_id( string $user ): string {
		return str_contains( $user, '@' ) ? 'z' . substr( md5( strtolower( $user ) ), 0, 9 ) : $user;
	}

	public function begin_consent( array $party ): array {
		$key = hash( 'sha256', 'state' );
		return array(
			'url'    => 'https://zoom.example/oauth/authorize?state=state',
			'key'    => $key,
			'sealed' => 'fake\\1:consent',
		);
	}

	public function complete_consent( string $sealed, string $state, string $code, array $party ): array {
		return $this->verdict;
	}

	public function revoke( string $provider, int $doctor_id ): array {
		$this->revoked[] = $doctor_id;
		return $this->verdict;
	}

	/** @var list<int> Doctors whose calendars are followed. */
	public array $followed = array();

	/** Answer of pull_calendar() and, alone, of pull_due_calendars(). */
	public ?array $look = null;

	public function follow_calendar( int $doctor_id ): void {
		$this->followed[] = $doctor_id;
	}

	public function leave_calendar( int $doctor_id ): void {
		$this->followed = array_values( array_diff( $this->followed, array( $doctor_id ) ) );
	}

	public function pull_calendar( int $doctor_id ): array {
		return $this->look ?? array(
			'doctor_id'       => $doctor_id,
			'appointments'    => array(),
			'reason'          => '',
			'message'         => '',
			'token_refreshed' => false,
		);
	}

	public function pull_due_calendars( int $limit ): array {
		return null === $this->look ? array() : array( $this->look );
	}

	public function open_push( string $channel_id, string $token, string $state ): ?int {
		return 'right' === $token ? 7 : null;
	}

	public function probe_google( array $keys ): array {
		return $this->verdict;
	}

	public function open_webhook( string $timestamp, string $signature, string $body ): array {
		return (array) json_decode( $body, true );
	}

	public function note_webhook( string $body ): ?array {
		return null;
	}

	public ?\Throwable $find_error = null;

	public function find_by_appointment( string $provider, int $appointment_id ): ?array {
		if ( null !== $this->find_error ) {
			throw $this->find_error;
		}
		return $this->find( $provider, 'appointment_id', $appointment_id );
	}

	public function find_by_meeting( string $provider, string $meeting_id ): ?array {
		return $this->find( $provider, 'meeting_id', $meeting_id );
	}

	/** @var list<array<string, mixed>> Answer of operations(). */
	public array $journal = array();

	public function operations( int $appointment_id ): array {
		return $this->journal;
	}

	/** @var list<array{string, string}> Owners and purposes of resealed secrets. */
	public array $resealed = array();

	/** @var list<array<string, mixed>> The audit log. */
	public array $audited = array();

	/** Thrown by audit(), ping() and tls_version(). */
	public ?\Throwable $upkeep_error = null;

	public ?string $tls = '1.3';

	public function audit( array $entry ): void {
		$this->stumble();
		$this->audited[] = $entry;
	}

	public function audit_refusal( array $refusal ): void {
		$this->stumble();
		$this->audited[] = array( 'actor_id' => $refusal['actor_id'], 'source' => $refusal['source'], 'action' => 'access_refused', 'appointment_id' => 0, 'doctor_id' => 0, 'provider' => '', 'detail' => $refusal['route'] );
	}

	public function ping(): void {
		$this->stumble();
	}

	/** Database sessions of PHP that are within our share. */
	public int $sessions = 0;

	/** Why there is no room for one. */
	public ?\Throwable $no_room = null;

	public function session_wanted(): void {
		if ( null !== $this->no_room ) {
			throw $this->no_room;
		}
		++$this->sessions;
	}

	public function session_closed(): void {
		--$this->sessions;
	}

	/** Whether slots for sessions can be kept. */
	public bool $counts_sessions = true;

	public function counts_sessions(): bool {
		return $this->counts_sessions;
	}

	public function tls_version( string $provider ): ?string {
		$this->stumble();
		return $this->tls;
	}

	/** Key that seals; another one than "1" makes earlier seals due for resealing. */
	public string $key = '1';

	public function needs_reseal( string $sealed ): bool {
		return $this->is_sealed( $sealed ) && ! str_starts_with( $sealed, "fake\\{$this->key}:" );
	}

	private function stumble(): void {
		if ( null !== $this->upkeep_error ) {
			throw $this->upkeep_error;
		}
	}

	private function answer(): array {
		if ( $this->outcome instanceof \Throwable ) {
			throw $this->outcome;
		}
		return $this->outcome;
	}

	private function find( string $provider, string $key, int|string $value ): ?array {
		foreach ( $this->mappings as $row ) {
			if ( $provider === $row['provider'] && $value === $row[ $key ] ) {
				return $row;
			}
		}
		return null;
	}

	/** @var array<int, array{verify: bool, noted: int}> Notes by appointment. */
	public array $notes = array();

	/** @var list<int> Appointments that are due. */
	public array $due = array();

	/** @var list<int> Appointments put off. */
	public array $postponed = array();

	/** Whether another run is at work. */
	public bool $busy = false;

	/** @var list<list<int>> Appointments of each run. */
	public array $runs = array();

	/** @var list<string> Connections' beginnings and ends. */
	public array $connections = array();

	/** @var list<int> Appointments whose link is owed. */
	public array $owed = array();

	public ?int $next_due = null;

	public ?\Throwable $note_error = null;

	public function note( int $appointment_id, bool $verify ): int {
		if ( null !== $this->note_error ) {
			throw $this->note_error;
		}
		$noted = ( $this->notes[ $appointment_id ]['noted'] ?? 0 ) + 1;

		$this->notes[ $appointment_id ] = compact( 'verify', 'noted' );
		return $noted;
	}

	public function settle( int $appointment_id, int $noted ): void {
		if ( $noted === ( $this->notes[ $appointment_id ]['noted'] ?? 0 ) ) {
			unset( $this->notes[ $appointment_id ] );
		}
	}

	public function postpone( int $appointment_id, int $seconds ): void {
		$this->postponed[] = $appointment_id;
		$this->due         = array_values( array_diff( $this->due, array( $appointment_id ) ) );
	}

	public function due( int $limit ): array {
		return array_map( static fn( int $id ): array => array( 'appointment_id' => $id, 'doctor_id' => 0, 'verify' => false, 'noted' => 0 ), array_slice( $this->due, 0, $limit ) );
	}

	public function next_due(): ?int {
		return $this->next_due;
	}

	public function run( array $visited ): ?array {
		if ( $this->busy ) {
			return null;
		}
		$ids          = array_column( $visited, 'appointment_id' );
		$this->runs[] = $ids;
		$this->due    = array_values( array_diff( $this->due, $ids ) );
		return array_map( fn( int $id ): array => array( 'appointment_id' => $id ) + $this->answer(), $ids );
	}

	public function claim_link( string $provider, int $appointment_id ): bool {
		$owed       = in_array( $appointment_id, $this->owed, true );
		$this->owed = array_values( array_diff( $this->owed, array( $appointment_id ) ) );
		return $owed;
	}

	public function settle_link( string $provider, int $appointment_id ): void {}

	public function tend( int $limit ): array {
		return array();
	}

	public function connection_state( string $provider, int $doctor_id ): ?array {
		return null;
	}

	public function connection_made( string $provider, int $doctor_id ): void {
		$this->connections[] = "made $provider $doctor_id";
	}

	public function connection_ended( string $provider, int $doctor_id, bool $revoked ): void {
		$this->connections[] = ( $revoked ? 'revoked' : 'ended' ) . " $provider $doctor_id";
	}
}
