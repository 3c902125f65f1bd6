<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Mail\CauseBook;
use KiviCare\Telemed\Mail\Remedy;

/**
 * Tells administrators in wp-admin why links wait, as long as it is so.
 */
final class CauseNotice implements Registerable {

	public function __construct( private readonly CauseBook $book ) {}

	public function register(): void {
		add_action( 'admin_notices', array( $this, 'show' ) );
	}

	public function show(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		foreach ( $this->book->all() as $cause ) {
			$doctor = $cause['doctor_id'] > 0 ? get_userdata( $cause['doctor_id'] ) : false;
			$who    = $doctor
				/* translators: %s: doctor's name. */
				? sprintf( __( 'Video visits of %s wait for their links.', 'kivicare-telemed' ), $doctor->display_name )
				: __( 'Video visits wait for their links.', 'kivicare-telemed' );
			printf(
				'<div class="notice notice-warning"><p><strong>%1$s</strong> %2$s</p></div>',
				esc_html( $who ),
				esc_html( Remedy::of( $cause['reason'], $cause['message'] ) )
			);
		}
	}
}
