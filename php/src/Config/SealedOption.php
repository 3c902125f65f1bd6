<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Config;

use KiviCare\Telemed\Contracts\Bridge;

/**
 * An option of text fields, some of them secrets: those are sealed at rest and shown as a mask. Constants win.
 */
final class SealedOption {

	/**
	 * Shown instead of a stored secret; sent back it means "keep".
	 */
	public const MASK = '••••••••••••';

	/**
	 * The option.
	 *
	 * @param string                $name      Option name.
	 * @param array<string, string> $defaults  Every field.
	 * @param list<string>          $secrets   Sealed fields.
	 * @param array<string, string> $overrides Field => constant without our prefix.
	 */
	public function __construct(
		private readonly string $name,
		private readonly array $defaults,
		private readonly array $secrets,
		private readonly array $overrides,
		private readonly Constants $constants
	) {}

	/**
	 * Every field as text. Secrets are sealed, or plain when they come from a constant.
	 *
	 * @return array<string, string>
	 */
	public function effective(): array {
		return $this->overridden( $this->stored() );
	}

	/**
	 * Settings as they count once they are stored: constants win.
	 *
	 * @param array<string, string> $settings Every field.
	 * @return array<string, string>
	 */
	public function overridden( #[\SensitiveParameter] array $settings ): array {
		foreach ( $this->overrides as $field => $constant ) {
			$settings[ $field ] = $this->constants->text( $constant ) ?? $settings[ $field ];
		}
		return $settings;
	}

	/**
	 * As the option has it, every field present and text.
	 *
	 * @return array<string, string>
	 */
	public function stored(): array {
		$option = get_option( $this->name, array() );
		$stored = array_filter( is_array( $option ) ? $option : array(), 'is_scalar' );
		return array_map( 'strval', array_merge( $this->defaults, $stored ) );
	}

	/**
	 * Settings with masks instead of secrets.
	 *
	 * @param array<string, string> $settings Of effective().
	 * @return array<string, string>
	 */
	public function masked( array $settings ): array {
		foreach ( $this->secrets as $field ) {
			$settings[ $field ] = '' === $settings[ $field ] ? '' : self::MASK;
		}
		return $settings;
	}

	/**
	 * Stored settings with changes. Absent fields keep their value; so does a secret that is empty or the mask.
	 *
	 * @param array<string, string> $changes Fields, secrets in plain. Unknown ones are left out.
	 * @return array<string, string>
	 * @throws \KiviCare\Telemed\Bridge\BridgeException When a secret cannot be sealed.
	 */
	public function changed( Bridge $bridge, #[\SensitiveParameter] array $changes ): array {
		$settings = $this->stored();
		foreach ( array_intersect_key( $changes, $this->defaults ) as $field => $value ) {
			$value = trim( $value );
			if ( ! in_array( $field, $this->secrets, true ) ) {
				$settings[ $field ] = $value;
			} elseif ( '' !== $value && self::MASK !== $value ) {
				$settings[ $field ] = $bridge->seal( $value, 'option:' . $this->name, $field );
			}
		}
		return $settings;
	}

	/**
	 * Writes the option.
	 *
	 * @param array<string, string> $settings Of changed().
	 */
	public function write( array $settings ): void {
		update_option( $this->name, $settings );
	}
}
