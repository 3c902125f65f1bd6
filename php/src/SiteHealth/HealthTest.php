<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * One direct Site Health test.
 */
abstract class HealthTest implements Registerable {

	public function register(): void {
		add_filter( 'site_status_tests', array( $this, 'add' ) );
	}

	/**
	 * Adds the test to WordPress' list.
	 *
	 * @param array<string, array<string, mixed>> $tests Tests by kind and id.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( array $tests ): array {
		$tests['direct'][ $this->id() ] = array(
			'label' => __( 'KiviCare Telemed', 'kivicare-telemed' ),
			'test'  => array( $this, 'run' ),
		);
		return $tests;
	}

	/**
	 * Runs the test.
	 *
	 * @return array<string, mixed>
	 */
	abstract public function run(): array;

	abstract protected function id(): string;

	/**
	 * A result in WordPress' shape.
	 *
	 * @param string       $status     good, recommended or critical.
	 * @param list<string> $paragraphs Plain text.
	 * @return array<string, mixed>
	 */
	protected function result( string $status, string $label, array $paragraphs ): array {
		return array(
			'label'       => $label,
			'status'      => $status,
			'badge'       => array(
				'label' => __( 'KiviCare Telemed', 'kivicare-telemed' ),
				'color' => 'good' === $status ? 'blue' : 'red',
			),
			'description' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>',
			'actions'     => '',
			'test'        => $this->id(),
		);
	}
}
