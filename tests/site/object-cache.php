<?php
/**
 * A persistent object cache in files, shared by all workers; a test puts it into wp-content. What it is given of sealed
 * tokens is written down.
 */

declare(strict_types=1);

final class WP_Object_Cache {

	private const DIRECTORY = KCT_RUN . '/object-cache';

	/**
	 * What this process knows, by file.
	 *
	 * @var array<string, mixed>
	 */
	private array $known = array();

	/**
	 * Groups that no other process sees.
	 *
	 * @var array<string, true>
	 */
	public array $local = array();

	public function __construct() {
		is_dir( self::DIRECTORY ) || @mkdir( self::DIRECTORY, 0777, true );
	}

	public function get( $key, string $group, bool $force, ?bool &$found ) {
		$file = $this->file( $key, $group );
		if ( ( $force || ! array_key_exists( $file, $this->known ) ) && ! isset( $this->local[ $group ] ) ) {
			$stored = @file_get_contents( self::DIRECTORY . '/' . $file );
			if ( false !== $stored ) {
				$this->known[ $file ] = unserialize( $stored );
			} else {
				unset( $this->known[ $file ] );
			}
		}
		$found = array_key_exists( $file, $this->known );
		$value = $found ? $this->known[ $file ] : false;
		return is_object( $value ) ? clone $value : $value;
	}

	public function set( $key, $value, string $group ): bool {
		$file                 = $this->file( $key, $group );
		$this->known[ $file ] = $value;
		if ( isset( $this->local[ $group ] ) ) {
			return true;
		}
		$stored = serialize( $value );
		foreach ( array( 'kiviCare_doctor_zoom_telemed_config', 'google_meet_access_token' ) as $row ) {
			if ( 'user_meta' === $group && str_starts_with( (string) ( $value[ $row ][0] ?? '' ), 'kct1.' ) ) {
				file_put_contents( KCT_RUN . '/cached-tokens.log', "$key $row\n", FILE_APPEND | LOCK_EX );
			}
		}
		$temporary = self::DIRECTORY . '/.' . getmypid() . bin2hex( random_bytes( 4 ) );
		return false !== file_put_contents( $temporary, $stored ) && rename( $temporary, self::DIRECTORY . '/' . $file );
	}

	public function delete( $key, string $group ): bool {
		$file = $this->file( $key, $group );
		unset( $this->known[ $file ] );
		return @unlink( self::DIRECTORY . '/' . $file );
	}

	public function forget(): bool {
		$this->known = array();
		return true;
	}

	public function flush(): bool {
		array_map( 'unlink', (array) glob( self::DIRECTORY . '/*' ) );
		return $this->forget();
	}

	private function file( $key, string $group ): string {
		return hash( 'sha256', get_current_blog_id() . "\0$group\0$key" );
	}
}

function wp_cache_init(): void {
	$GLOBALS['wp_object_cache'] = new WP_Object_Cache();
}

function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	return $GLOBALS['wp_object_cache']->get( $key, (string) $group, (bool) $force, $found );
}

function wp_cache_get_multiple( $keys, $group = '', $force = false ): array {
	$values = array();
	foreach ( $keys as $key ) {
		$values[ $key ] = wp_cache_get( $key, $group, $force );
	}
	return $values;
}

function wp_cache_set( $key, $value, $group = '', $expire = 0 ): bool {
	return $GLOBALS['wp_object_cache']->set( $key, $value, (string) $group );
}

function wp_cache_add( $key, $value, $group = '', $expire = 0 ): bool {
	wp_cache_get( $key, $group, true, $found );
	return ! $found && ! wp_suspend_cache_addition() && wp_cache_set( $key, $value, $group );
}

function wp_cache_replace( $key, $value, $group = '', $expire = 0 ): bool {
	wp_cache_get( $key, $group, true, $found );
	return $found && wp_cache_set( $key, $value, $group );
}

function wp_cache_delete( $key, $group = '' ): bool {
	return $GLOBALS['wp_object_cache']->delete( $key, (string) $group );
}

function wp_cache_incr( $key, $offset = 1, $group = '' ) {
	$value = wp_cache_get( $key, $group, true, $found );
	return $found && wp_cache_set( $key, max( 0, (int) $value + (int) $offset ), $group ) ? max( 0, (int) $value + (int) $offset ) : false;
}

function wp_cache_decr( $key, $offset = 1, $group = '' ) {
	return wp_cache_incr( $key, -(int) $offset, $group );
}

function wp_cache_flush(): bool {
	return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime(): bool {
	return $GLOBALS['wp_object_cache']->forget();
}

function wp_cache_supports( $feature ): bool {
	return 'flush_runtime' === $feature;
}

function wp_cache_close(): bool {
	return true;
}

function wp_cache_add_global_groups( $groups ): void {}

function wp_cache_add_non_persistent_groups( $groups ): void {
	$GLOBALS['wp_object_cache']->local += array_fill_keys( (array) $groups, true );
}

function wp_cache_switch_to_blog( $blog_id ): void {}
