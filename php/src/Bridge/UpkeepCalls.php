<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Bridge;

use KiviCare\Telemed\Native;

/**
 * Calls of the extension for records and checks.
 */
trait UpkeepCalls {

	/**
	 * Runs one native call and translates its exception.
	 *
	 * @template T
	 * @param \Closure(Native\Config): T $work The call.
	 * @return T
	 */
	abstract private function call( \Closure $work ): mixed;

	public function audit( array $entry ): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->audit( $entry ) );
	}

	public function audit_refusal( array $refusal ): void {
		$this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->refused( $refusal ) );
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

	public function counts_sessions(): bool {
		return $this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->countsSessions() );
	}

	public function tls_version( string $provider ): ?string {
		return $this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->tlsVersion( $provider ) );
	}

	public function needs_reseal( string $sealed ): bool {
		return $this->call( fn( $config ) => ( new Native\Upkeep( $config ) )->needsReseal( $sealed ) );
	}
}
