<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SharedMeta;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\OwnConnection;
use KiviCare\Telemed\Plugin;

/**
 * People who leave a network, or one site of it: what only their connection with that site can end is ended while there
 * are tokens. A connection with another site stays.
 */
final class Departures implements Registerable {

	/**
	 * Sites and users who left inside a transaction of KiviCare's.
	 *
	 * @var list<array{int, int}>
	 */
	private array $left = array();

	public function register(): void {
		if ( is_multisite() ) {
			// WordPress has switched to the site that the user leaves.
			add_action( 'remove_user_from_blog', array( $this, 'leave' ), 10, 1 );
			// Before the user is removed from each site; of sites that were left before, tokens may remain.
			add_action( 'wpmu_delete_user', array( $this, 'leave_home' ), 10, 1 );
			add_action( 'shutdown', array( $this, 'forget_later' ), 850 );
		}
	}

	/**
	 * Ends what hangs on the user at the current site.
	 *
	 * @param mixed $user_id User.
	 */
	public function leave( $user_id ): void {
		if ( '' === (string) get_option( Installer::SITE_ID, '' ) ) {
			return;
		}
		try {
			// The running services are those of the site where the request began.
			if ( self::belongs_here( (int) $user_id ) ) {
				Plugin::of_this_site()->disconnection()->before_deletion( (int) $user_id );
			}
			if ( OwnConnection::may_write() ) {
				self::forget( (int) $user_id );
			} else {
				$this->left[] = array( get_current_blog_id(), (int) $user_id );
			}
		} catch ( \Throwable $error ) {
			// Whoever removes a user must not see it fail for this.
			MeetingDesk::report( 'internal', 'unexpected ' . $error::class, 0 );
		}
	}

	/**
	 * Ends connections with sites of which the user is no member any more.
	 *
	 * @param mixed $user_id User.
	 */
	public function leave_home( $user_id ): void {
		foreach ( Provider::cases() as $provider ) {
			$home = (string) get_user_meta( (int) $user_id, DoctorConnections::HOME . $provider->value, true );
			$site = '' === $home ? 0 : self::site_of( $home );
			if ( $site > 0 && ! is_user_member_of_blog( (int) $user_id, $site ) ) {
				switch_to_blog( $site );
				$this->leave( $user_id );
				restore_current_blog();
			}
		}
	}

	/**
	 * Forgets those who left inside a transaction, after the response.
	 */
	public function forget_later(): void {
		array() === $this->left || AfterResponse::work( $this->forget_left( ... ) );
	}

	private function forget_left(): void {
		$left       = $this->left;
		$this->left = array();
		foreach ( $left as list( $site, $user_id ) ) {
			switch_to_blog( $site );
			clean_user_cache( $user_id );
			// The transaction may have been rolled back.
			is_user_member_of_blog( $user_id, $site ) || self::forget( $user_id );
			restore_current_blog();
		}
	}

	/**
	 * Forgets at the current site who the user is at Zoom, and the user's own app.
	 */
	private static function forget( int $user_id ): void {
		$plugin = Plugin::of_this_site();
		$plugin->zoom_users()->withdraw( $user_id );
		if ( self::belongs_here( $user_id ) && null !== $plugin->doctors()->own_app( $user_id ) ) {
			$plugin->doctors()->drop_own_app( $user_id );
		}
	}

	/**
	 * Whether what the user is connected with is this site's: it says so, or there is no other site that could need it.
	 */
	private static function belongs_here( int $user_id ): bool {
		$homes = array( ( new SharedMeta() )->app_site( $user_id ) );
		foreach ( Provider::cases() as $provider ) {
			$homes[] = (string) get_user_meta( $user_id, DoctorConnections::HOME . $provider->value, true );
		}
		return in_array( SharedMeta::site(), $homes, true ) || array() === array_diff( array_keys( get_blogs_of_user( $user_id ) ), array( get_current_blog_id() ) );
	}

	/**
	 * The site with this table prefix, 0 for none.
	 */
	private static function site_of( string $prefix ): int {
		global $wpdb;
		$suffix = substr( $prefix, strlen( $wpdb->base_prefix ) );
		$site   = '' === $suffix ? get_main_site_id() : (int) $suffix;
		return $prefix === $wpdb->get_blog_prefix( $site ) && null !== get_site( $site ) ? $site : 0;
	}
}
