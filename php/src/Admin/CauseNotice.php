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
		// Our own screen shows them itself, and takes them away as soon as they are over.
		if ( ! current_user_can( 'manage_options' ) || SettingsScreen::is_shown() ) {
			return;
		}
		foreach ( $this->lines() as $line ) {
			printf( '<div class="notice notice-warning"><p><strong>%1$s</strong> %2$s</p></div>', esc_html( $line['who'] ), esc_html( $line['what'] ) );
		}
	}

	/**
	 * Whose links wait, and what to do, oldest first.
	 *
	 * @return list<array{who: string, what: string, since: string}> since: UTC, Y-m-d H:i:s.
	 */
	public function lines(): array {
		return array_map(
			static function ( array $cause ): array {
				$doctor = $cause['doctor_id'] > 0 ? get_userdata( $cause['doctor_id'] ) : false;
				return array(
					'who'   => $doctor
						/* translators: %s: doctor's name. */
						? sprintf( __( 'Video visits of %s wait for their links.', 'kivicare-telemed' ), $doctor->display_name )
						: __( 'Video visits wait for their links.', 'kivicare-telemed' ),
					'what'  => Remedy::of( $cause['reason'], $cause['message'] ),
					'since' => gmdate( 'Y-m-d H:i:s', $cause['since'] ),
				);
			},
			$this->book->all()
		);
	}
}
