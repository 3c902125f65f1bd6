<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * Tells administrators which doctors must connect again after the upgrade, until it is dismissed or all of them have.
 */
final class UpgradeNotice implements Registerable {

	/**
	 * Action of admin-post.php, and of its nonce.
	 */
	public const DISMISS = 'kivicare_telemed_dismiss_upgrade';

	/**
	 * Names shown at most.
	 */
	private const NAMES = 25;

	public function __construct(
		private readonly Reconnects $reconnects,
		private readonly DoctorConnections $doctors
	) {}

	public function register(): void {
		add_action( 'admin_notices', array( $this, 'render' ) );
		add_action( 'admin_post_' . self::DISMISS, array( $this, 'dismiss' ) );
	}

	/**
	 * Prints the notice.
	 */
	public function render(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$texts = array_filter( array( $this->zoom_text(), $this->meet_text() ) );
		if ( array() === $texts ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p><strong>%1$s</strong></p><p>%2$s</p><p><a class="button" href="%3$s">%4$s</a></p></div>',
			esc_html__( 'KiviCare Telemed took over from the original add-on.', 'kivicare-telemed' ),
			implode( '</p><p>', array_map( 'esc_html', $texts ) ),
			esc_url( wp_nonce_url( admin_url( 'admin-post.php?action=' . self::DISMISS ), self::DISMISS ) ),
			esc_html__( 'Dismiss', 'kivicare-telemed' )
		);
	}

	/**
	 * Answers admin-post.php: forgets the doctors and goes back.
	 */
	public function dismiss(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to dismiss this notice.', 'kivicare-telemed' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( self::DISMISS );
		$this->reconnects->forget();
		wp_safe_redirect( wp_get_referer() ?: admin_url() );
		exit;
	}

	private function zoom_text(): string {
		$names = $this->names( Reconnects::ZOOM, fn( int $id ): bool => $this->doctors->is_served_by_zoom( $id ) );
		if ( array() === $names ) {
			return '';
		}
		return sprintf(
			/* translators: 1: how many doctors, 2: their names. */
			_n(
				'%1$d doctor must connect to Zoom again, because the stored keys do not work any more (Zoom retired JWT apps in 2023): %2$s',
				'%1$d doctors must connect to Zoom again, because the stored keys do not work any more (Zoom retired JWT apps in 2023): %2$s',
				count( $names ),
				'kivicare-telemed'
			),
			count( $names ),
			$this->enumeration( $names )
		);
	}

	private function meet_text(): string {
		$names = $this->names( Reconnects::MEET, static fn( int $id ): bool => 'on' === get_user_meta( $id, DoctorConnections::MEET_CONNECT, true ) );
		if ( array() === $names ) {
			return '';
		}
		return sprintf(
			/* translators: 1: how many doctors, 2: their names. */
			_n(
				'%1$d doctor must connect to Google Meet again, because the stored tokens cannot be renewed: %2$s',
				'%1$d doctors must connect to Google Meet again, because the stored tokens cannot be renewed: %2$s',
				count( $names ),
				'kivicare-telemed'
			),
			count( $names ),
			$this->enumeration( $names )
		);
	}

	/**
	 * Names of the doctors who still are there and have not connected since.
	 *
	 * @param string               $list      List of Reconnects.
	 * @param \Closure(int): bool  $is_served Whether a doctor is connected again.
	 * @return list<string>
	 */
	private function names( string $list, \Closure $is_served ): array {
		$names = array();
		foreach ( $this->reconnects->of( $list ) as $id ) {
			$user = get_userdata( $id );
			if ( false !== $user && ! $is_served( $id ) ) {
				$names[] = $user->display_name;
			}
		}
		return $names;
	}

	/**
	 * The names in one text, not escaped.
	 *
	 * @param list<string> $names Names.
	 */
	private function enumeration( array $names ): string {
		return implode( ', ', array_slice( $names, 0, self::NAMES ) ) . ( count( $names ) > self::NAMES ? ', …' : '' );
	}
}
