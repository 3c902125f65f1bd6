<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

use KiviCare\Telemed\Install\Installer;

/**
 * Which site this is: a random id, and the addresses and the environment under which it was confirmed. On a network each
 * site has its own. Only people change it, but for the first time, and when the site goes live.
 */
final class Identity {

	public static function state(): SiteState {
		return SiteState::of( Record::stored(), Facts::now(), self::id() );
	}

	/**
	 * Confirms where the site is now, where nothing was confirmed yet: at the first activation, and after the update from
	 * a version without this record.
	 */
	public static function establish(): void {
		if ( null === Record::stored() && '' !== self::id() ) {
			$facts = Facts::trustworthy();
			array() === $facts->addresses() || self::write( $facts, $facts->addresses(), '' );
		}
	}

	/**
	 * A site that was set up as a development or staging site goes live where it is: from then on an environment that is
	 * not production any more is a copy's.
	 */
	public static function note_production( Facts $facts ): void {
		$record = Record::stored();
		if ( null !== $record && 'production' === $facts->environment && 'production' !== $record->environment && SiteState::Confirmed === SiteState::of( $record, $facts, self::id() ) ) {
			( new Record( $record->site, $record->home, $record->addresses, $facts->environment, time(), $record->held ) )->save();
		}
	}

	/**
	 * The site is here now, and nowhere else. Credentials in wp-config.php are this site's.
	 */
	public static function confirm(): void {
		$facts = Facts::now();
		self::write( $facts, $facts->addresses(), '' );
	}

	/**
	 * The site is here as well.
	 *
	 * @param string $url Another address than the present ones; empty for these.
	 */
	public static function add( string $url = '' ): void {
		$record = Record::stored();
		$facts  = Facts::now();

		// Another address says nothing of the environment here.
		$environment = '' === $url || null === $record ? $facts->environment : $record->environment;
		$home        = null === $record || '' === $record->home ? $facts->home() : $record->home;
		$added       = '' === $url ? $facts->urls : array( $url );
		( new Record( self::id(), $home, array_values( array_unique( array( ...( $record->addresses ?? array() ), ...Addresses::normalise_all( $added ) ) ) ), $environment, time(), $record->held ?? '' ) )->save();
	}

	/**
	 * This is another site from now on: a new id, and what wp-config.php holds of the other site's credentials does not
	 * count.
	 */
	public static function renew(): void {
		update_option( Installer::SITE_ID, bin2hex( random_bytes( 16 ) ), true );
		$facts = Facts::now();
		self::write( $facts, $facts->addresses(), HeldConstants::digest() );
	}

	/**
	 * Id of the site, empty before it is installed.
	 */
	public static function id(): string {
		return (string) ( wp_load_alloptions()[ Installer::SITE_ID ] ?? get_option( Installer::SITE_ID, '' ) );
	}

	/**
	 * Writes a record.
	 *
	 * @param list<string> $addresses Confirmed ones.
	 */
	private static function write( Facts $facts, array $addresses, string $held ): void {
		( new Record( self::id(), untrailingslashit( $facts->home() ), $addresses, $facts->environment, time(), $held ) )->save();
	}
}
