<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Requirements;

/**
 * One notice that says why there are no video consultations and what to do.
 */
final class RequirementsNotice implements Registerable {

	public function __construct( private readonly Requirements $requirements ) {}

	public function register(): void {
		add_action( 'admin_notices', array( $this, 'render' ) );
	}

	public function render(): void {
		if ( $this->requirements->are_met() || ! current_user_can( 'activate_plugins' ) ) {
			return;
		}
		printf(
			'<div class="notice notice-error"><p><strong>%s</strong> %s</p></div>',
			esc_html__( 'KiviCare Telemed is off, KiviCare works without video consultations.', 'kivicare-telemed' ),
			esc_html( implode( ' ', $this->requirements->fixes() ) )
		);
	}
}
