<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Site;

/**
 * What an administrator has confirmed about this site. One option that WordPress loads with all others, so that reading
 * it costs no query.
 */
final class Record {

	public const OPTION = 'kivicare_telemed_site';

	/**
	 * What was read last, and what it says: a page asks many times.
	 *
	 * @var array{mixed, self}|null
	 */
	private static ?array $read = null;

	/**
	 * Fields.
	 *
	 * @param string       $site        Id of the site.
	 * @param string       $home        Its address as it was confirmed, with the scheme.
	 * @param list<string> $addresses   Confirmed addresses in comparable form.
	 * @param string       $environment Environment type at that time.
	 * @param int          $at          When, Unix seconds.
	 * @param string       $held        Digest of credentials in wp-config.php that are another site's; see HeldConstants.
	 */
	public function __construct(
		public readonly string $site,
		public readonly string $home,
		public readonly array $addresses,
		public readonly string $environment,
		public readonly int $at,
		public readonly string $held = ''
	) {}

	/**
	 * The stored record, null where there is none yet. One that cannot be read, or that was changed, confirms nothing.
	 */
	public static function stored(): ?self {
		// Somebody may have taken it out of the options that WordPress loads at once.
		$stored = wp_load_alloptions()[ self::OPTION ] ?? get_option( self::OPTION, null );
		if ( null === $stored ) {
			return null;
		}
		if ( null === self::$read || $stored !== self::$read[0] ) {
			self::$read = array( $stored, self::of( maybe_unserialize( $stored ) ) );
		}
		return self::$read[1];
	}

	public function save(): void {
		// Where somebody had taken it out of the options that are loaded at once, its old value is cached on its own, and
		// an update would be compared with that.
		wp_cache_delete( self::OPTION, 'options' );
		update_option( self::OPTION, array( 'digest' => self::digest( $this->site, $this->addresses ) ) + get_object_vars( $this ), true );
		wp_cache_delete( self::OPTION, 'options' );
	}

	private static function of( mixed $stored ): self {
		$fields = is_array( $stored ) ? $stored : array();
		$text   = static fn( string $name ): string => is_scalar( $fields[ $name ] ?? null ) ? (string) $fields[ $name ] : '';
		$list   = is_array( $fields['addresses'] ?? null ) ? $fields['addresses'] : array();
		$list   = array_values( array_filter( $list, 'is_string' ) );
		$known  = array_values( array_unique( array( ...$list, ...Addresses::normalise_all( $list ) ) ) );
		// Records of the first builds have none; an update alone pauses nothing.
		$proven = in_array( $text( 'digest' ), array( '', self::digest( $text( 'site' ), $list ) ), true );
		return new self( $text( 'site' ), $text( 'home' ), $proven ? $known : array(), $text( 'environment' ), (int) $text( 'at' ), $text( 'held' ) );
	}

	/**
	 * What tells that the addresses are those that were confirmed: whoever makes a copy replaces the host's name in the whole
	 * database, and with it in this record.
	 *
	 * @param list<string> $addresses Confirmed ones.
	 */
	private static function digest( string $site, array $addresses ): string {
		return hash( 'sha256', implode( "\n", array( $site, ...Addresses::normalise_all( $addresses ) ) ) );
	}
}
