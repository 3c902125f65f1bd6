<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Keys;

/**
 * Makes keys and puts them into wp-config.php.
 */
final class KeyFile {

	private const NAME = 'KIVICARE_TELEMED_KEY';

	public function __construct( private readonly string $path ) {}

	/**
	 * The site's file, where WordPress looks for it.
	 */
	public static function of_this_site(): self {
		$path = ABSPATH . 'wp-config.php';
		return new self( is_readable( $path ) ? $path : dirname( ABSPATH ) . '/wp-config.php' );
	}

	/**
	 * A define() line with a new key: 32 random bytes in base64.
	 */
	public static function line(): string {
		return sprintf( "define( '%s', '%s' );", self::NAME, base64_encode( random_bytes( 32 ) ) );
	}

	/**
	 * Writes the line before WordPress is loaded, with the file's permissions as they are.
	 *
	 * @throws \RuntimeException When the file has a key, cannot be written, or has no place for it.
	 */
	public function add( string $line ): void {
		// Without chmod() the new file could be readable to more people than the old one.
		$text = is_readable( $this->path ) && is_writable( $this->path ) && function_exists( 'chmod' ) ? file_get_contents( $this->path ) : false;
		if ( false === $text ) {
			throw new \RuntimeException( 'wp-config.php cannot be written. Put the line into it yourself.' );
		}
		if ( str_contains( $text, self::NAME . "'" ) || str_contains( $text, self::NAME . '"' ) ) {
			throw new \RuntimeException( 'wp-config.php has a key already. To change it, move it to KIVICARE_TELEMED_RETIRED_KEYS, set the new one, and run "keys rotate".' );
		}
		$place = '/^.*(?:stop editing|wp-settings\.php).*$/mi';
		if ( 1 !== preg_match( $place, $text ) ) {
			throw new \RuntimeException( 'wp-config.php does not load wp-settings.php. Put the line into it yourself.' );
		}
		$fresh = preg_replace_callback( $place, static fn( array $found ): string => $line . "\n\n" . $found[0], $text, 1 );
		// Beside it first: a full disk must not leave half a wp-config.php.
		$temporary = $this->path . '.' . bin2hex( random_bytes( 4 ) ) . '.php';
		$written   = false !== file_put_contents( $temporary, (string) $fresh ) && chmod( $temporary, (int) fileperms( $this->path ) & 0777 ) && rename( $temporary, $this->path );
		if ( ! $written ) {
			is_file( $temporary ) && unlink( $temporary );
			throw new \RuntimeException( 'wp-config.php could not be written. Put the line into it yourself.' );
		}
	}
}
