<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Contracts\Registerable;

/**
 * Tells administrators which doctors must connect to Zoom again, until they put the notice away.
 */
final class UpgradeNotice implements Registerable {

	public const DISMISS = 'kivicare_telemed_dismiss_upgrade';

	public function __construct( private readonly Disused $disused ) {}

	public function register(): void {
		add_action( 'admin_notices', array( $this, 'show' ) );
		add_action( 'admin_post_' . self::DISMISS, array( $this, 'dismiss' ) );
	}

	public function show(): void {
		$doctors = $this->disused->doctors();
		if ( array() === $doctors || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$names = array_filter( array_map( static fn( int $id ): string => (string) get_the_author_meta( 'display_name', $id ), $doctors ) );
		$text  = sprintf(
			/* translators: 1: how many doctors, 2: their names */
			_n( '%1$d doctor must connect to Zoom again, because the stored credentials were of a kind that Zoom has ended: %2$s', '%1$d doctors must connect to Zoom again, because the stored credentials were of a kind that Zoom has ended: %2$s', count( $doctors ), 'kivicare-telemed' ),
			count( $doctors ),
			implode( ', ', $names )
		);
		printf(
			'<div class="notice notice-warning"><p>%s</p><form method="post" action="%s"><input type="hidden" name="action" value="%s">%s<p><button class="button">%s</button></p></form></div>',
			esc_html( $text ),
			esc_url( admin_url( 'admin-post.php' ) ),
			esc_attr( self::DISMISS ),
			wp_nonce_field( self::DISMISS, '_wpnonce', true, false ),
			esc_html__( 'Put this notice away', 'kivicare-telemed' )
		);
	}

	public function dismiss(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do that.', 'kivicare-telemed' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( self::DISMISS );
		$this->disused->clear();
		wp_safe_redirect( admin_url() );
		exit;
	}
}
