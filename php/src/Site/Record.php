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
	 * The stored record, null where there is none yet. One that cannot be read confirms nothing.
	 */
	public static function stored(): ?self {
		$stored = wp_load_alloptions()[ self::OPTION ] ?? null;
		if ( null === $stored ) {
			return null;
		}
		$fields = maybe_unserialize( $stored );
		$fields = is_array( $fields ) ? $fields : array();
		$text   = static fn( string $name ): string => is_scalar( $fields[ $name ] ?? null ) ? (string) $fields[ $name ] : '';
		$list   = is_array( $fields['addresses'] ?? null ) ? $fields['addresses'] : array();
		return new self( $text( 'site' ), $text( 'home' ), array_values( array_filter( $list, 'is_string' ) ), $text( 'environment' ), (int) $text( 'at' ), $text( 'held' ) );
	}

	public function save(): void {
		update_option( self::OPTION, get_object_vars( $this ), true );
	}
}
