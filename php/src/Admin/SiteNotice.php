<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Admin;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Site\Decisions;
use KiviCare\Telemed\Site\Facts;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Record;
use KiviCare\Telemed\Site\SiteState;

/**
 * The notice on every page of wp-admin while the site is paused, with the three answers, and what came of one.
 */
final class SiteNotice implements Registerable {

	private const ACTION = 'kivicare_telemed_site';

	/**
	 * What came of a decision, for the administrator who took it.
	 */
	private const ANSWER = 'kivicare_telemed_site_answer_';

	/**
	 * Makes the decisions.
	 *
	 * @var \Closure(): Decisions
	 */
	private readonly \Closure $decisions;

	/**
	 * Parts.
	 *
	 * @param \Closure(): Decisions $decisions Makes the decisions.
	 */
	public function __construct( \Closure $decisions ) {
		$this->decisions = $decisions;
	}

	public function register(): void {
		foreach ( array( 'admin_notices', 'network_admin_notices', 'user_admin_notices' ) as $pages ) {
			add_action( $pages, array( $this, 'show' ) );
		}
		add_action( 'admin_post_' . self::ACTION, array( $this, 'decide' ) );
	}

	public function show(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$this->show_answer();
		$state = Identity::state();
		if ( SiteState::Confirmed === $state ) {
			return;
		}
		printf(
			'<div class="notice notice-error" id="kivicare-telemed-site"><p><strong>%1$s</strong> %2$s</p><p>%3$s</p>',
			esc_html__( 'KiviCare Telemed is paused.', 'kivicare-telemed' ),
			esc_html( self::why( $state ) ),
			esc_html__( 'Bookings are taken and links that were sent go on working, but nothing is made, changed or cancelled at Zoom or Google, and nobody gets a mail, until you say what this site is:', 'kivicare-telemed' )
		);
		$this->button( 'moved', SiteState::UnknownAddress === $state ? __( 'The site has moved', 'kivicare-telemed' ) : __( 'This is the site itself', 'kivicare-telemed' ), __( 'It is here now, and nowhere else. What waited is caught up.', 'kivicare-telemed' ), '' );
		SiteState::UnknownAddress === $state && $this->button( 'also', __( 'This is also the site\'s address', 'kivicare-telemed' ), __( 'It has several addresses, and this is one of them.', 'kivicare-telemed' ), '' );
		$this->button( 'copy', __( 'This is a copy', 'kivicare-telemed' ), __( 'For tests, say. The original\'s connections, secrets and meetings are forgotten here; the original keeps them.', 'kivicare-telemed' ), __( 'Forget the connections on this site', 'kivicare-telemed' ) );
		echo '</div>';
	}

	/**
	 * Takes a decision.
	 */
	public function decide(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do that.', 'kivicare-telemed' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( self::ACTION );
		// Neither slashed nor an array this way.
		$posted = static fn( string $name ): string => sanitize_text_field( (string) filter_input( INPUT_POST, $name ) );
		try {
			$lines = $this->answer( $posted( 'decision' ), $posted( 'shown' ) );
		} catch ( BridgeException $error ) {
			// A row was changed meanwhile, say: the site is still paused, and the same can be chosen again.
			$lines = array( $error->getMessage() );
		}
		set_transient( self::ANSWER . get_current_user_id(), $lines, 3600 );
		wp_safe_redirect( wp_get_referer() ?: admin_url() );
		exit;
	}

	/**
	 * The decision's answer. What was shown must be what is: an address that came from a Host header may be another now.
	 *
	 * @return list<string>
	 */
	private function answer( string $decision, string $shown ): array {
		if ( SiteState::Confirmed === Identity::state() ) {
			return array( __( 'Nothing was to be decided: the site is confirmed.', 'kivicare-telemed' ) );
		}
		if ( self::facts() !== $shown ) {
			return array( __( 'The address or the environment is not the one that was shown. Nothing was changed. Read the notice again.', 'kivicare-telemed' ) );
		}
		return match ( $decision ) {
			'moved' => ( $this->decisions )()->moved(),
			'also'  => ( $this->decisions )()->also(),
			'copy'  => ( $this->decisions )()->copy(),
			default => array( __( 'Nothing was changed.', 'kivicare-telemed' ) ),
		};
	}

	private function show_answer(): void {
		$name  = self::ANSWER . get_current_user_id();
		$lines = get_transient( $name );
		if ( is_array( $lines ) ) {
			delete_transient( $name );
			echo '<div class="notice notice-info is-dismissible">';
			foreach ( array_filter( $lines, 'is_string' ) as $line ) {
				printf( '<p>%s</p>', esc_html( $line ) );
			}
			echo '</div>';
		}
	}

	/**
	 * One answer.
	 *
	 * @param string $sure Text of a box that must be ticked first; empty for none.
	 */
	private function button( string $decision, string $label, string $meaning, string $sure ): void {
		printf(
			'<form method="post" action="%1$s"><p><input type="hidden" name="action" value="%2$s"><input type="hidden" name="decision" value="%3$s"><input type="hidden" name="shown" value="%4$s">%5$s<button type="submit" class="button">%6$s</button> %7$s</p></form>',
			esc_url( admin_url( 'admin-post.php' ) ),
			esc_attr( self::ACTION ),
			esc_attr( $decision ),
			esc_attr( self::facts() ),
			wp_nonce_field( self::ACTION, '_wpnonce', true, false ) . ( '' === $sure ? '' : '<label><input type="checkbox" required> ' . esc_html( $sure ) . '</label> ' ), // phpcs:ignore Telemed.Security.EscapedOutput -- WordPress' own field, and an escaped text.
			esc_html( $label ),
			esc_html( $meaning )
		);
	}

	private static function why( SiteState $state ): string {
		$facts  = Facts::now();
		$record = Record::stored();
		return SiteState::EnvironmentChanged === $state
			/* translators: 1: environment type, 2: environment type. */
			? sprintf( __( 'The environment was "%1$s" when this site was confirmed and is "%2$s" now.', 'kivicare-telemed' ), $record->environment ?? '', $facts->environment )
			/* translators: 1: list of addresses, 2: list of addresses. */
			: sprintf( __( 'This site answers at %1$s; confirmed is %2$s.', 'kivicare-telemed' ), implode( ', ', $facts->addresses() ), implode( ', ', $record->addresses ?? array() ) ?: __( 'no address', 'kivicare-telemed' ) );
	}

	/**
	 * What an answer is about.
	 */
	private static function facts(): string {
		$facts = Facts::now();
		return implode( ' ', array( ...$facts->addresses(), $facts->environment ) );
	}
}
