<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\KiviCare\Findings;
use KiviCare\Telemed\Links\SiteAddress;

/**
 * What an administrator says about a paused site, and what follows. Each answers with lines for people.
 */
final class Decisions {

	/**
	 * Fired with (string $decision) after one was taken: site_confirmed, site_address_added, site_copied.
	 */
	public const TAKEN_ACTION = 'kivicare_telemed_site_decided';

	/**
	 * Missed visits that an answer names; the rest is counted.
	 */
	private const NAMED = 50;

	/**
	 * Does what waited.
	 *
	 * @var \Closure(): void
	 */
	private readonly \Closure $catch_up;

	/**
	 * Parts.
	 *
	 * @param \Closure(): void $catch_up Does what waited, or sees to it that it is done.
	 */
	public function __construct( private readonly SiteRows $rows, \Closure $catch_up ) {
		$this->catch_up = $catch_up;
	}

	/**
	 * The site has moved: it is here now and nowhere else.
	 *
	 * @return list<string>
	 */
	public function moved(): array {
		$missed = $this->rows->missed();
		Identity::confirm();
		$this->rows->renew_channels();
		$this->resume( 'site_confirmed' );
		return array(
			/* translators: %s: address of the site. */
			sprintf( __( 'The site is confirmed at %s. What waited is being caught up; links that come late are mailed.', 'kivicare-telemed' ), SiteAddress::current()->registered() ),
			...self::told( $missed ),
			__( 'Register these addresses again, where the site\'s address has changed:', 'kivicare-telemed' ),
			/* translators: %s: address. */
			sprintf( __( 'Zoom, redirect URL: %s', 'kivicare-telemed' ), Provider::Zoom->redirect_url() ),
			/* translators: %s: address. */
			sprintf( __( 'Zoom, webhook URL: %s', 'kivicare-telemed' ), SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/zoom' ) ),
			/* translators: %s: address. */
			sprintf( __( 'Google, redirect URL: %s', 'kivicare-telemed' ), Provider::GoogleMeet->redirect_url() ),
		);
	}

	/**
	 * The site has this address besides the ones it has.
	 *
	 * @param string $url The address; empty for the present ones.
	 * @return list<string>
	 */
	public function also( string $url = '' ): array {
		$missed = $this->rows->missed();
		Identity::add( $url );
		$this->resume( 'site_address_added' );
		return array(
			/* translators: %s: list of addresses. */
			sprintf( __( 'Addresses of this site: %s.', 'kivicare-telemed' ), implode( ', ', Record::stored()->addresses ?? array() ) ),
			...( Pause::is_on() ? array() : self::told( $missed ) ),
		);
	}

	/**
	 * This is a copy, another site from now on. Nothing is sent anywhere: connections, secrets, channels, meetings and work
	 * of the original are forgotten here.
	 *
	 * @return list<string>
	 */
	public function copy(): array {
		$shared = $this->rows->is_shared( Identity::id() );
		$this->rows->forget_work();
		$doctors = $shared ? 0 : $this->rows->forget_doctors();
		$this->forget_settings();
		Identity::renew();
		$this->start_over();
		do_action( self::TAKEN_ACTION, 'site_copied' );
		return array_values(
			array_filter(
				array(
					/* translators: %d: number of doctors. */
					sprintf( _n( 'This is a site of its own now. %d connection was dropped here and still works at the original.', 'This is a site of its own now. %d connections were dropped here and still work at the original.', $doctors, 'kivicare-telemed' ), $doctors ),
					__( 'Client secrets, webhook secrets, push channels, waiting work and the original\'s meetings are forgotten here; nothing was sent to Zoom or Google. As on a site without a provider, KiviCare takes bookings of services without video only.', 'kivicare-telemed' ),
					__( 'Once a provider is set up here, the visits ahead get meetings of their own and their patients a mail. Stop this site\'s mails before, if it is for tests.', 'kivicare-telemed' ),
					$shared ? __( 'Another site of this network has the same connections, so users\' data were left as they are. Doctors must connect again on this site.', 'kivicare-telemed' ) : '',
					HeldConstants::are_held() ? __( 'Credentials in wp-config.php cannot be dropped. They do not count here until you replace them there, or run "wp kivicare-telemed site confirm".', 'kivicare-telemed' ) : '',
				)
			)
		);
	}

	/**
	 * Goes on with what waited, if nothing is left that pauses the site.
	 */
	private function resume( string $decision ): void {
		do_action( self::TAKEN_ACTION, $decision );
		if ( Pause::is_on() ) {
			return;
		}
		$this->rows->release();
		$this->start_over();
		( $this->catch_up )();
	}

	/**
	 * The sweep looks at every visit again.
	 */
	private function start_over(): void {
		delete_option( Findings::PROGRESS );
	}

	/**
	 * The original's credentials. Client ids are no secret and stay for the forms.
	 */
	private function forget_settings(): void {
		$changes = array(
			Settings::OPTION       => array( 'enableCal' => 'No', 'auth_type' => 'none', 'account_id' => '', 'client_secret' => '', 'webhook_secret' => '' ),
			GoogleSettings::OPTION => array( 'enableCal' => 'No', 'client_secret' => '' ),
		);
		foreach ( $changes as $option => $change ) {
			$stored = get_option( $option );
			is_array( $stored ) && update_option( $option, array_merge( $stored, $change ) );
		}
		update_option( Settings::SHARED_STATUS, 'No' );
	}

	/**
	 * Visits that began without a link.
	 *
	 * @param list<array{id: int, starts: int}> $missed Visits.
	 * @return list<string>
	 */
	private static function told( array $missed ): array {
		if ( array() === $missed ) {
			return array();
		}
		$format = get_option( 'date_format' ) . ' ' . get_option( 'time_format' );
		$lines  = array_map( static fn( array $visit ): string => sprintf( '#%d, %s', $visit['id'], (string) wp_date( $format, $visit['starts'] ) ), array_slice( $missed, 0, self::NAMED ) );
		return array(
			/* translators: %d: number of visits. */
			sprintf( _n( '%d video visit began without a link. Please call its patient:', '%d video visits began without a link. Please call their patients:', count( $missed ), 'kivicare-telemed' ), count( $missed ) ),
			...$lines,
		);
	}
}
