<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Bridge;

use KiviCare\Telemed\Native;

/**
 * The queue's part of ExtensionBridge.
 */
trait QueueCalls {

	/**
	 * Runs one native call and translates its exception.
	 *
	 * @template T
	 * @param \Closure(Native\Config): T $work The call.
	 * @return T
	 */
	abstract private function call( \Closure $work ): mixed;

	public function note( int $appointment_id, bool $verify ): int {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->note( $appointment_id, $verify ) );
	}

	public function settle( int $appointment_id, int $noted ): void {
		$this->call( fn( $config ) => ( new Native\Queue( $config ) )->settle( $appointment_id, $noted ) );
	}

	public function postpone( int $appointment_id, int $seconds ): void {
		$this->call( fn( $config ) => ( new Native\Queue( $config ) )->postpone( $appointment_id, $seconds ) );
	}

	public function due( int $limit ): array {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->due( $limit ) );
	}

	public function next_due(): ?int {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->nextDue() );
	}

	public function run( array $visited ): ?array {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->run( $visited ) );
	}

	public function claim_link( string $provider, int $appointment_id ): bool {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->claimLink( $provider, $appointment_id ) );
	}

	public function settle_link( string $provider, int $appointment_id ): void {
		$this->call( fn( $config ) => ( new Native\Queue( $config ) )->settleLink( $provider, $appointment_id ) );
	}

	public function tend( int $limit ): array {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->tend( $limit ) );
	}

	public function connection_state( string $provider, int $doctor_id ): ?array {
		return $this->call( fn( $config ) => ( new Native\Queue( $config ) )->connectionState( $provider, $doctor_id ) );
	}

	public function connection_made( string $provider, int $doctor_id ): void {
		$this->call( fn( $config ) => ( new Native\Queue( $config ) )->connection( $provider, $doctor_id, true, false ) );
	}

	public function connection_ended( string $provider, int $doctor_id, bool $revoked ): void {
		$this->call( fn( $config ) => ( new Native\Queue( $config ) )->connection( $provider, $doctor_id, false, $revoked ) );
	}
}
