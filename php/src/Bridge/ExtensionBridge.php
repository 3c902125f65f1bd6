<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Bridge;

use KiviCare\Telemed\Config\NativeSettings;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Native;
use KiviCare\Telemed\Native\Exception as Thrown;

/**
 * The only class that names the extension's classes.
 */
final class ExtensionBridge implements Bridge {

	use QueueCalls;

	/**
	 * Settings the current Config was built from.
	 *
	 * @var array<string, mixed>
	 */
	private array $built_from = array();

	private ?Native\Config $config = null;

	public function __construct( private readonly NativeSettings $settings ) {}

	public function version(): ?string {
		return function_exists( 'KiviCare\\Telemed\\Native\\version' ) ? Native\version() : null;
	}

	public function seal( #[\SensitiveParameter] string $plaintext, string $owner, string $purpose ): string {
		return $this->call( fn( $config ) => ( new Native\Vault( $config ) )->seal( $plaintext, $owner, $purpose ) );
	}

	public function reseal( string $sealed, string $owner, string $purpose ): string {
		return $this->call( fn( $config ) => ( new Native\Vault( $config ) )->reseal( $sealed, $owner, $purpose ) );
	}

	public function is_sealed( #[\SensitiveParameter] string $text ): bool {
		return $this->call( fn( $config ) => ( new Native\Vault( $config ) )->isSealed( $text ) );
	}

	public function vault_status(): array {
		$status = $this->call( fn( $config ) => ( new Native\Vault( $config ) )->status() );
		return array( 'source' => (string) $status['source'], 'key_id' => (string) $status['key_id'] );
	}

	public function create_meeting( array $visit ): array {
		return $this->call( fn( $config ) => ( new Native\Telemed( $config ) )->createMeeting( $visit ) );
	}

	public function reconcile( array $visited ): array {
		return $this->call( fn( $config ) => ( new Native\Telemed( $config ) )->reconcile( $visited ) );
	}

	public function redirect_host( array $visit ): array {
		return $this->call( fn( $config ) => ( new Native\Telemed( $config ) )->redirectHost( $visit ) );
	}

	public function probe( #[\SensitiveParameter] array $keys ): array {
		return $this->call( fn( $config ) => ( new Native\Telemed( $config ) )->probe( $keys ) );
	}

	public function begin_consent( array $party ): array {
		$begun = $this->call( fn( $config ) => ( new Native\Consent( $config ) )->begin( $party ) );
		return array( 'url' => (string) $begun['url'], 'key' => (string) $begun['key'], 'sealed' => (string) $begun['sealed'] );
	}

	public function complete_consent( string $sealed, #[\SensitiveParameter] string $state, #[\SensitiveParameter] string $code, array $party ): array {
		return $this->call( fn( $config ) => ( new Native\Consent( $config ) )->complete( $sealed, $state, $code, $party ) );
	}

	public function revoke( string $provider, int $doctor_id ): array {
		return $this->call( fn( $config ) => ( new Native\Consent( $config ) )->revoke( $provider, $doctor_id ) );
	}

	public function follow_calendar( int $doctor_id ): void {
		$this->call( fn( $config ) => ( new Native\Calendar( $config ) )->follow( $doctor_id ) );
	}

	public function leave_calendar( int $doctor_id ): void {
		$this->call( fn( $config ) => ( new Native\Calendar( $config ) )->leave( $doctor_id ) );
	}

	public function pull_calendar( int $doctor_id ): array {
		return $this->call( fn( $config ) => ( new Native\Calendar( $config ) )->pull( $doctor_id ) );
	}

	public function pull_due_calendars( int $limit ): array {
		return array_values( $this->call( fn( $config ) => ( new Native\Calendar( $config ) )->pullDue( $limit ) ) );
	}

	public function open_push( string $channel_id, #[\SensitiveParameter] string $token, string $state ): ?int {
		return $this->call( fn( $config ) => ( new Native\Calendar( $config ) )->push( $channel_id, $token, $state ) );
	}

	public function probe_google( #[\SensitiveParameter] array $keys ): array {
		return $this->call( fn( $config ) => ( new Native\Calendar( $config ) )->probe( $keys ) );
	}

	public function open_webhook( string $timestamp, string $signature, string $body ): array {
		return $this->call( fn( $config ) => ( new Native\Webhook( $config ) )->open( $timestamp, $signature, $body ) );
	}

	public function note_webhook( string $body ): ?array {
		return $this->call( fn( $config ) => ( new Native\Webhook( $config ) )->note( $body ) );
	}

	public function find_by_appointment( string $provider, int $appointment_id ): ?array {
		return $this->call( fn( $config ) => ( new Native\MappingStore( $config ) )->findByAppointment( $provider, $appointment_id ) );
	}

	public function find_by_meeting( string $provider, string $meeting_id ): ?array {
		return $this->call( fn( $config ) => ( new Native\MappingStore( $config ) )->findByMeeting( $provider, $meeting_id ) );
	}

	public function operations( int $appointment_id ): array {
		return array_values( $this->call( fn( $config ) => ( new Native\OperationJournal( $config ) )->forAppointment( $appointment_id ) ) );
	}

	public function audit( array $entry ): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->audit( $entry ) );
	}

	public function ping(): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->ping() );
	}

	public function session_wanted(): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->sessionWanted() );
	}

	public function session_closed(): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->sessionClosed() );
	}

	public function tls_version( string $provider ): ?string {
		return $this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->tlsVersion( $provider ) );
	}

	public function needs_reseal( string $sealed ): bool {
		return $this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->needsReseal( $sealed ) );
	}

	/**
	 * Runs one native call and translates its exception.
	 *
	 * The native exception is not kept as "previous": its trace would carry call arguments.
	 *
	 * @template T
	 * @param \Closure(Native\Config): T $work The call.
	 * @return T
	 * @throws BridgeException Always instead of a native exception.
	 */
	private function call( \Closure $work ): mixed {
		if ( null === $this->version() ) {
			throw new BridgeException( Failure::Configuration, 'the kivicare_telemed PHP extension is not loaded' );
		}
		try {
			return $work( $this->config() );
		} catch ( Thrown\TelemedException $error ) {
			throw new BridgeException( $this->failure( $error ), $error->getMessage() );
		}
	}

	/**
	 * Rebuilt when a setting changed in this process (CLI, settings page, switch_to_blog).
	 */
	private function config(): Native\Config {
		$settings = $this->settings->to_array();
		if ( null === $this->config || $settings !== $this->built_from ) {
			$this->config     = new Native\Config( $settings );
			$this->built_from = $settings;
		}
		return $this->config;
	}

	private function failure( Thrown\TelemedException $error ): Failure {
		return match ( true ) {
			$error instanceof Thrown\ConfigurationException => Failure::Configuration,
			$error instanceof Thrown\InvalidInputException  => Failure::InvalidInput,
			$error instanceof Thrown\VaultException         => Failure::Vault,
			$error instanceof Thrown\StoreException         => Failure::Store,
			$error instanceof Thrown\AuthorizationException => Failure::Authorization,
			$error instanceof Thrown\ProviderException      => Failure::Provider,
			default                                         => Failure::Internal,
		};
	}
}
