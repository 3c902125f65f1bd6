<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Rest\MeetingDoorController;

/**
 * A Site Health test that goes over the network: WordPress asks for it after its page is there.
 */
abstract class AsyncHealthTest extends HealthTest {

	public function register(): void {
		parent::register();
		add_action( 'rest_api_init', array( $this, 'route' ) );
	}

	/**
	 * Adds the test to WordPress' list.
	 *
	 * @param array<string, array<string, mixed>> $tests Tests by kind and id.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( array $tests ): array {
		$tests['async'][ $this->id() ] = array(
			'label'             => __( 'KiviCare Telemed', 'kivicare-telemed' ),
			'test'              => rest_url( MeetingDoorController::NAMESPACE . $this->path() ),
			'has_rest'          => true,
			// For WordPress' weekly check.
			'async_direct_test' => array( $this, 'run' ),
		);
		return $tests;
	}

	public function route(): void {
		register_rest_route(
			MeetingDoorController::NAMESPACE,
			$this->path(),
			array(
				'methods'             => 'GET',
				'callback'            => array( $this, 'run' ),
				'permission_callback' => static fn(): bool => current_user_can( 'view_site_health_checks' ),
			)
		);
	}

	private function path(): string {
		return '/health/' . str_replace( array( 'kivicare_telemed_', '_' ), array( '', '-' ), $this->id() );
	}
}
