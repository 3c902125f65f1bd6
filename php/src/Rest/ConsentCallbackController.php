<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Connect\ConsentFlow;
use KiviCare\Telemed\Contracts\Registerable;

/**
 * Where a provider sends a doctor's browser back to. The original add-ons' URLs: they stand in clinics' apps.
 */
final class ConsentCallbackController implements Registerable {

	public function __construct( private readonly ConsentFlow $consent ) {}

	public function register(): void {
		add_action( 'rest_api_init', array( $this, 'routes' ) );
		add_filter( 'rest_pre_serve_request', array( Page::class, 'serve' ), 10, 2 );
	}

	public function routes(): void {
		register_rest_route(
			'kivicare/v1',
			'/settings/' . $this->consent->provider->route() . '/callback',
			array(
				'methods'             => 'GET',
				'callback'            => array( $this, 'receive' ),
				'permission_callback' => array( Gate::class, 'browser' ),
				// KiviCare would answer 401 to a browser without its client id otherwise; literal routes may opt out.
				'encryption'          => false,
			)
		);
	}

	public function receive( \WP_REST_Request $request ): \WP_REST_Response {
		$read  = static fn( string $name ): string => is_string( $request->get_param( $name ) ) ? $request->get_param( $name ) : '';
		$state = $read( 'state' );
		if ( '' === $state ) {
			return $this->page(
				400,
				__( 'Connect from the dashboard', 'kivicare-telemed' ),
				/* translators: %s: Zoom or Google. */
				__( '%s sent you here without a request from this site, as Zoom does after "Add" in its Marketplace. Nothing was changed. Log in to the clinic\'s dashboard, open Settings, and choose Connect there.', 'kivicare-telemed' )
			);
		}
		$visitor = Gate::visitor();
		$again   = 0 === $visitor ? OwnNavigation::once( $request, $this->address( $state, $read( 'code' ) ) ) : null;
		if ( null !== $again ) {
			return $again;
		}
		if ( ! Gate::is_doctor( $visitor ) ) {
			do_action( Gate::REFUSED_ACTION );
			return $this->page(
				0 === $visitor ? 401 : 403,
				__( 'Log in as the doctor', 'kivicare-telemed' ),
				/* translators: %s: Zoom or Google. */
				__( 'Only a doctor who is logged in to this site in this browser can connect a %s account. Nothing was changed. Log in and choose Connect again.', 'kivicare-telemed' )
			);
		}
		if ( '' === $read( 'code' ) ) {
			return $this->refused( $visitor, $state );
		}
		try {
			$outcome = $this->consent->complete( $visitor, wp_get_session_token(), $state, $read( 'code' ) );
		} catch ( BridgeException $error ) {
			return $this->page( 503, __( 'Not connected', 'kivicare-telemed' ), str_replace( '%', '%%', $error->getMessage() ) );
		}
		return 'done' === $outcome['state'] ? Page::redirect( Dashboard::connected( $this->consent->provider ) ) : $this->failed( $outcome );
	}

	/**
	 * This request's address with what the provider said in it.
	 */
	private function address( string $state, #[\SensitiveParameter] string $code ): string {
		$said = array_filter( array( 'state' => $state, 'code' => $code, 'error' => '' === $code ? self::error() : '' ) );
		return add_query_arg( array_map( 'rawurlencode', $said ), $this->consent->provider->redirect_url() );
	}

	/**
	 * The provider's error. WordPress takes "error" out of $_GET, so the address itself is read.
	 */
	private static function error(): string {
		wp_parse_str( sanitize_text_field( wp_unslash( (string) ( $_SERVER['QUERY_STRING'] ?? '' ) ) ), $query );
		return is_string( $query['error'] ?? null ) ? $query['error'] : '';
	}

	/**
	 * The doctor, or Zoom, said no.
	 */
	private function refused( int $visitor, string $state ): Page {
		if ( ! $this->consent->refuse( $visitor, $state ) ) {
			return $this->failed( array( 'reason' => 'state' ) );
		}
		$title = __( 'Not connected', 'kivicare-telemed' );
		return match ( self::error() ) {
			'access_denied' => $this->page( 403, $title, __( 'You declined the access that video visits need. Nothing was changed. To connect, choose Connect again and allow it.', 'kivicare-telemed' ) ),
			'admin_policy_enforced', 'org_internal' => $this->page(
				403,
				$title,
				/* translators: %s: Zoom or Google. */
				__( 'Your organisation does not allow this app. Nothing was changed. Ask the %s administrator of your organisation to allow it.', 'kivicare-telemed' )
			),
			/* translators: %s: Zoom or Google. */
			default => $this->page( 502, $title, __( '%s reported a problem with the app. Nothing was changed. Ask the administrator to check client ID, redirect URL and scopes of the app, then choose Connect again.', 'kivicare-telemed' ) ),
		};
	}

	/**
	 * A page for each kind of failure.
	 *
	 * @param array<string, string> $outcome reason and message.
	 */
	private function failed( array $outcome ): Page {
		$title = __( 'Not connected', 'kivicare-telemed' );
		'state' === $outcome['reason'] && do_action( Gate::REFUSED_ACTION );
		return match ( $outcome['reason'] ) {
			/* translators: %s: Zoom or Google. */
			'state'           => $this->page( 400, $title, __( 'This answer from %s does not belong to a request you made in this browser in the last ten minutes, or it was used already. Nothing was changed. Choose Connect again in the dashboard.', 'kivicare-telemed' ) ),
			/* translators: %s: Zoom or Google. */
			'reauthorize'     => $this->page( 400, $title, __( 'The code from %s was used already or is too old. Nothing was changed. Choose Connect again.', 'kivicare-telemed' ) ),
			'scope'           => $this->page( 403, $title, str_replace( '%', '%%', $outcome['message'] ) ),
			/* translators: %s: Zoom or Google. */
			'client_refused'  => $this->page( 502, $title, __( '%s refuses the clinic\'s client ID or client secret. Nothing was changed. Ask the administrator to enter both again in the settings.', 'kivicare-telemed' ) ),
			/* translators: 1: Zoom or Google, 2: URL. */
			'account_refused' => $this->page( 502, $title, __( '%1$s refuses the request. Nothing was changed. Ask the administrator to check that the app has exactly this redirect URL: %2$s', 'kivicare-telemed' ) ),
			/* translators: %s: Zoom or Google. */
			default           => $this->page( 503, $title, __( '%s could not be asked just now. Nothing was changed. Wait a minute and choose Connect again.', 'kivicare-telemed' ) ),
		};
	}

	/**
	 * A page; the text may name the company as %s and the redirect URL as %2$s.
	 */
	private function page( int $status, string $title, string $text ): Page {
		$provider = $this->consent->provider;
		$text     = sprintf( $text, $provider->company(), $provider->redirect_url() );
		return Page::message( $status, $title, $text, array( __( 'To the dashboard', 'kivicare-telemed' ) => Dashboard::doctor( $provider ) ) );
	}
}
