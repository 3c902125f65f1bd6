<?php

declare(strict_types=1);

use KiviCare\Telemed\Native;
use KiviCare\Telemed\Native\Exception\PausedException;

/**
 * A paused site reaches nobody: every function that is not on the list below refuses, before any I/O. The list is of
 * those that only take notes; a function that is added is refused unless somebody puts it there.
 */
final class PausedTest extends ExtensionTestCase {

	/**
	 * What goes on: notes, bookings, reading our own tables, sealing.
	 */
	private const GOES_ON = array(
		'Config::__construct', 'Vault::__construct', 'Vault::seal', 'Vault::reseal', 'Vault::isSealed', 'Vault::status',
		'Telemed::__construct', 'Telemed::createMeeting',
		'Consent::__construct',
		'Webhook::__construct', 'Webhook::open', 'Webhook::note',
		'ZoomClient::__construct', 'MeetClient::__construct', 'ZoomUsers::__construct',
		'Calendar::__construct', 'Calendar::follow', 'Calendar::push',
		'Queue::__construct', 'Queue::note', 'Queue::connectionState', 'Queue::connection',
		'MappingStore::__construct', 'MappingStore::findByAppointment', 'MappingStore::findByMeeting',
		'OperationJournal::__construct', 'OperationJournal::forAppointment',
		'Upkeep::__construct', 'Upkeep::audit', 'Upkeep::refused', 'Upkeep::ping', 'Upkeep::needsReseal',
		'Upkeep::sessionWanted', 'Upkeep::sessionClosed', 'Upkeep::countsSessions',
	);

	public function test_everything_else_is_refused_without_a_database_or_a_network(): void {
		// Nobody listens there: what tried to read or send would fail in another way.
		$config  = self::config( array( 'paused' => true, 'db' => array( 'host' => '127.0.0.1:1' ) ) );
		$refused = array();
		$wrong   = array();
		foreach ( $this->methods() as $class => $methods ) {
			foreach ( $methods as $method ) {
				$name = "$class::{$method->getName()}";
				if ( in_array( $name, self::GOES_ON, true ) ) {
					continue;
				}
				try {
					$method->invokeArgs( $this->object( $class, $config ), $this->arguments( $method ) );
					$wrong[] = "$name was not refused";
				} catch ( PausedException ) {
					$refused[] = $name;
				} catch ( Throwable $error ) {
					$wrong[] = "$name: " . $error::class . ' ' . $error->getMessage();
				}
			}
		}
		self::assertSame( array(), $wrong );
		self::assertContains( 'Telemed::reconcile', $refused );
		self::assertContains( 'Queue::tend', $refused );
		self::assertContains( 'Calendar::pullDue', $refused );
		self::assertContains( 'Consent::revoke', $refused );
		self::assertGreaterThan( 25, count( $refused ) );
	}

	/**
	 * @return array<string, list<ReflectionMethod>>
	 */
	private function methods(): array {
		$methods = array();
		foreach ( ( new ReflectionExtension( 'kivicare_telemed' ) )->getClasses() as $class ) {
			if ( ! $class->isSubclassOf( Exception::class ) ) {
				$methods[ $class->getShortName() ] = $class->getMethods( ReflectionMethod::IS_PUBLIC );
			}
		}
		return $methods;
	}

	private function object( string $class, Native\Config $config ): object {
		$connection = array( 'provider' => 'zoom', 'doctor_id' => 7, 'doctor_tokens' => true, 'host' => '' );
		return match ( $class ) {
			'ZoomClient' => new Native\ZoomClient( $config, $connection ),
			'MeetClient' => new Native\MeetClient( $config, 7 ),
			default      => new ( "KiviCare\\Telemed\\Native\\$class" )( $config ),
		};
	}

	/**
	 * Arguments that are good enough to come to the point.
	 *
	 * @return list<mixed>
	 */
	private function arguments( ReflectionMethod $method ): array {
		$visit = array( 'provider' => 'zoom', 'appointment_id' => 1, 'doctor_id' => 7, 'doctor_tokens' => true, 'host' => 'h', 'start' => '2031-01-01 10:00:00', 'timezone' => 'UTC', 'duration_minutes' => 30, 'topic' => 't', 'user_id' => 7, 'session' => 's', 'redirect_uri' => 'https://clinic.example/', 'client_id' => 'c', 'client_secret' => 's', 'account_id' => 'a', 'visit' => null, 'fallback_timezone' => 'UTC', 'start_url' => '', 'patient_id' => 1, 'description' => '', 'organizer' => '', 'content' => '' );

		$visit['holder'] = $visit;
		return array_map(
			static fn( ReflectionParameter $parameter ): mixed => match ( (string) $parameter->getType() ) {
				'int'   => 1,
				'bool'  => true,
				'array' => 'all' === $parameter->getName() ? array( $visit + array( 'noted' => 0 ) ) : $visit,
				default => 'provider' === $parameter->getName() ? 'zoom' : 'x',
			},
			$method->getParameters()
		);
	}
}
