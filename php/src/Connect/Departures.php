<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SharedMeta;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\Plugin;

/**
 * People who leave a network, or one site of it: what only their connection with that site can end is ended while there
 * are tokens. A connection with another site stays.
 */
final class Departures implements Registerable {

	public function register(): void {
		if ( is_multisite() ) {
			// WordPress has switched to the site that the user leaves.
			add_action( 'remove_user_from_blog', array( $this, 'leave' ), 10, 1 );
			// Before the user is removed from each site; of sites that were left before, tokens may remain.
			add_action( 'wpmu_delete_user', array( $this, 'leave_home' ), 10, 1 );
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
			$plugin = Plugin::of_this_site();
			$plugin->zoom_users()->withdraw( (int) $user_id );
			if ( self::belongs_here( (int) $user_id ) ) {
				$plugin->disconnection()->before_deletion( (int) $user_id );
				null === $plugin->doctors()->own_app( (int) $user_id ) || $plugin->doctors()->drop_own_app( (int) $user_id );
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
