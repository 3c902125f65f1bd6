<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * Reads the forms in which earlier add-ons kept structured values: arrays, objects, serialized or JSON text, one inside
 * the other.
 */
final class Legacy {

	private const DEPTH = 4;

	/**
	 * Fields of a value in any historic form.
	 *
	 * @param mixed $value Option, or text of a meta row.
	 * @return array<array-key, mixed>|null Null when it has no fields.
	 */
	public static function fields( #[\SensitiveParameter] mixed $value ): ?array {
		$depth = 0;
		while ( is_string( $value ) && $depth < self::DEPTH ) {
			$value = self::opened( $value );
			++$depth;
		}
		if ( is_object( $value ) ) {
			return self::properties( $value );
		}
		return is_array( $value ) ? $value : null;
	}

	/**
	 * First of the fields that is text, trimmed; '' for none.
	 *
	 * @param array<array-key, mixed> $fields Fields.
	 * @param string                  ...$names Spellings, the best first.
	 */
	public static function text( #[\SensitiveParameter] array $fields, string ...$names ): string {
		foreach ( $names as $name ) {
			$value = $fields[ $name ] ?? null;
			if ( ( is_string( $value ) || is_int( $value ) ) && '' !== trim( (string) $value ) ) {
				return trim( (string) $value );
			}
		}
		return '';
	}

	/**
	 * Whether a switch is on, in any spelling the add-ons used.
	 */
	public static function is_on( mixed $value ): bool {
		return is_scalar( $value ) && in_array( strtolower( trim( (string) $value ) ), array( '1', 'true', 'on', 'yes' ), true );
	}

	/**
	 * One layer less. Objects of unknown classes stay inert.
	 */
	private static function opened( #[\SensitiveParameter] string $text ): mixed {
		if ( is_serialized( $text ) ) {
			// phpcs:ignore Generic.PHP.NoSilencedErrors -- Half a value is no error here; it counts as unreadable.
			return @unserialize( trim( $text ), array( 'allowed_classes' => array( \stdClass::class ) ) );
		}
		return json_decode( $text, true ) ?? json_decode( stripslashes( $text ), true );
	}

	/**
	 * Properties under their plain names.
	 *
	 * @return array<array-key, mixed>
	 */
	private static function properties( #[\SensitiveParameter] object $value ): array {
		$fields = array();
		foreach ( (array) $value as $name => $field ) {
			// Private and protected names carry their class between zero bytes.
			$parts = explode( "\0", (string) $name );
			$fields[ end( $parts ) ] = $field;
		}
		unset( $fields['__PHP_Incomplete_Class_Name'] );
		return $fields;
	}
}
