<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Privacy;

use KiviCare\Telemed\Audit\Retention;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * The text that WordPress suggests for the site's privacy policy.
 */
final class PolicyText implements Registerable {

	public function __construct( private readonly Retention $retention ) {}

	public function register(): void {
		add_action( 'admin_init', array( $this, 'add' ) );
	}

	public function add(): void {
		if ( function_exists( 'wp_add_privacy_policy_content' ) ) {
			wp_add_privacy_policy_content( 'KiviCare Telemed', wp_kses_post( $this->text() ) );
		}
	}

	public function text(): string {
		$paragraphs = array(
			__( 'Video visits take place with Zoom or Google Meet. For this, the time and length of the visit are sent to the provider under a neutral title; with Google Meet also the e-mail addresses of doctor and patient, and the title and text of the clinic\'s event template. No reason for the visit is sent to Zoom.', 'kivicare-telemed' ),
			__( 'We store the number of the meeting, its link and passcode, when it began and ended, and when participants joined and left, without their names, as well as the answer to a calendar invitation.', 'kivicare-telemed' ),
			__( 'For doctors who connect their own account we store access tokens in encrypted form. They are revoked and deleted when the doctor disconnects.', 'kivicare-telemed' ),
			/* translators: %d: number of days. */
			sprintf( __( 'We keep a log of who made, changed or cancelled meetings, opened a host link, or changed settings. It has no names and no health data, and is deleted after %d days.', 'kivicare-telemed' ), $this->retention->days() ),
			__( 'The privacy policies of Zoom (https://www.zoom.com/en/trust/privacy/) and Google (https://policies.google.com/privacy) apply to the visit itself.', 'kivicare-telemed' ),
		);
		return '<p class="privacy-policy-tutorial">' . esc_html__( 'Name the provider that your clinic uses.', 'kivicare-telemed' ) . '</p><p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>';
	}
}
