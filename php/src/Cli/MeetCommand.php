<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Calendar\CalendarSync;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\KiviCare\Agenda;

/**
 * Sets up Google Meet, and looks at doctors' calendars.
 */
final class MeetCommand {

	public function __construct(
		private readonly GoogleSettings $settings,
		private readonly Bridge $bridge,
		private readonly CalendarSync $sync,
		private readonly Agenda $agenda,
		private readonly DoctorConnections $doctors
	) {}

	/**
	 * Tries the Google app and, for a doctor, the calendar. Ends with 1 when it does not work.
	 *
	 * ## OPTIONS
	 *
	 * [--doctor=<id>]
	 * : A doctor who is connected.
	 *
	 * [--porcelain]
	 * : Print "ok" or the reason alone.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meet test --doctor=12
	 *     Success: Google Meet works.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function test( array $args, array $flags ): void {
		$doctor = (int) ( $flags['doctor'] ?? 0 );
		$keys   = array_intersect_key( $this->settings->all(), array_flip( array( 'client_id', 'client_secret' ) ) );
		if ( in_array( '', $keys, true ) ) {
			\WP_CLI::error( 'Client id and client secret are needed. See: wp help kivicare-telemed meet configure' );
		}
		if ( $doctor > 0 && ! $this->doctors->has_own_tokens( $doctor, Provider::GoogleMeet ) ) {
			\WP_CLI::error( "Doctor {$doctor} is not connected to Google Meet." );
		}
		Verdict::show( fn(): array => $this->bridge->probe_google( $keys + array( 'doctor_id' => $doctor ) ), 'Google Meet works.', isset( $flags['porcelain'] ) );
	}

	/**
	 * Saves the Google settings. The client secret is sealed at once.
	 *
	 * ## OPTIONS
	 *
	 * [--enable=<yes|no>]
	 * : Whether doctors can connect Google Meet.
	 *
	 * [--client-id=<id>]
	 * : Client id of the Google Cloud app.
	 *
	 * [--app-name=<name>]
	 * : Name of the app.
	 *
	 * [--secret-stdin]
	 * : Read the client secret from standard input; never pass it as an argument.
	 *
	 * [--send-updates=<whom>]
	 * : Whom Google mails about events: none, externalOnly or all. KiviCare mails the patient in any case.
	 *
	 * [--reminder-minutes=<minutes>]
	 * : When Google reminds the doctor; empty for the calendar's own reminders.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meet configure --enable=yes --client-id=abc --secret-stdin < secret.txt
	 *     Success: Google Meet is on.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function configure( array $args, array $flags ): void {
		$changes = array();
		foreach ( array( 'client-id' => 'client_id', 'app-name' => 'app_name', 'send-updates' => 'send_updates', 'reminder-minutes' => 'reminder_minutes' ) as $flag => $field ) {
			if ( isset( $flags[ $flag ] ) ) {
				$changes[ $field ] = (string) $flags[ $flag ];
			}
		}
		if ( isset( $flags['enable'] ) ) {
			$changes['enableCal'] = 'yes' === strtolower( (string) $flags['enable'] ) ? 'Yes' : 'No';
		}
		if ( isset( $flags['secret-stdin'] ) ) {
			$changes['client_secret'] = trim( (string) stream_get_contents( STDIN ) );
		}
		try {
			$this->settings->save( $this->bridge, $changes );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			\WP_CLI::error( $error->getMessage() );
		}
		\WP_CLI::success( $this->settings->is_configured() ? 'Google Meet is on.' : 'Google Meet is off.' );
	}

	/**
	 * Looks at doctors' Google calendars and brings events back in line.
	 *
	 * ## OPTIONS
	 *
	 * [--doctor=<id>]
	 * : Only this doctor's, due or not. Default: all that are due.
	 *
	 * ## EXAMPLES
	 *
	 *     $ wp kivicare-telemed meet sync --doctor=12
	 *     Success: 1 calendar, 2 appointments looked at.
	 *
	 * @param list<string>          $args  None.
	 * @param array<string, string> $flags Flags.
	 */
	public function sync( array $args, array $flags ): void {
		if ( isset( $flags['doctor'] ) ) {
			$look = $this->sync->pull( (int) $flags['doctor'] );
			if ( '' !== $look['reason'] ) {
				\WP_CLI::error( (string) $look['message'] );
			}
		}
		$calendars = isset( $flags['doctor'] ) ? 1 : $this->sync->run();
		\WP_CLI::success( sprintf( '%d calendar%s, %d appointments looked at.', $calendars, 1 === $calendars ? '' : 's', $this->agenda->work() ) );
	}
}
