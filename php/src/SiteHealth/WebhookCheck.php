<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\SiteHealth;

use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Links\SiteAddress;
use KiviCare\Telemed\Site\Pause;

/**
 * Whether Zoom's events can get in: the site calls its own address without a signature and must be refused by us, not by
 * a firewall or a login page before us.
 */
final class WebhookCheck extends AsyncHealthTest {

	private const TIMEOUT = 10;

	public function __construct( private readonly Settings $settings ) {}

	/**
	 * Only where events are expected.
	 *
	 * @param array<string, array<string, mixed>> $tests Tests by kind and id.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( array $tests ): array {
		// While the site is paused the address may be another site's.
		return '' !== $this->settings->zoom()['webhook_secret'] && ! Pause::is_on() ? parent::add( $tests ) : $tests;
	}

	public function run(): array {
		// phpcs:ignore Generic.PHP.ForbiddenFunctions -- To this very site, as WordPress' own loopback test does.
		$answer = wp_remote_post(
			SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/zoom' ),
			array(
				'timeout'     => self::TIMEOUT,
				'redirection' => 0,
				'headers'     => array( 'Content-Type' => 'application/json' ),
				'body'        => '{}',
				/** This filter is documented in wp-includes/class-wp-http-streams.php */
				'sslverify'   => apply_filters( 'https_local_ssl_verify', false ),
			)
		);
		if ( is_wp_error( $answer ) ) {
			return $this->unreachable( $answer->get_error_message() );
		}
		$body = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 401 === wp_remote_retrieve_response_code( $answer ) && is_array( $body ) && 'webhook_refused' === ( $body['code'] ?? '' ) ) {
			return $this->result( 'good', __( 'Zoom\'s events can get in', 'kivicare-telemed' ), array( __( 'The webhook address answers, and refuses what Zoom has not signed.', 'kivicare-telemed' ) ) );
		}
		/* translators: %d: HTTP status. */
		return $this->unreachable( sprintf( __( 'The address answered with status %d, but it was not this plugin that answered.', 'kivicare-telemed' ), (int) wp_remote_retrieve_response_code( $answer ) ) );
	}

	/**
	 * The bad result.
	 *
	 * @return array<string, mixed>
	 */
	private function unreachable( string $why ): array {
		return $this->result(
			'recommended',
			__( 'Zoom\'s events may not get in', 'kivicare-telemed' ),
			array( $why, __( 'Meetings work, but that they were started, ended, changed or deleted at Zoom is not noticed. Let POST requests to this address pass firewalls, security plugins and password protection:', 'kivicare-telemed' ), SiteAddress::current()->at_provider( 'kivicare-telemed/v1/webhooks/zoom' ) )
		);
	}

	protected function id(): string {
		return 'kivicare_telemed_webhook';
	}
}
