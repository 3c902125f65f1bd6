<?php

declare(strict_types=1);

/**
 * Connecting to Zoom.
 */
final class ConnectTest extends ConnectTestCase {

	public function test_disconnecting_touches_neither_google_meet_nor_their_own_app(): void {
		$app = '{"enableServerToServerOauthconfig":"true","account_id":"a","client_id":"c","client_secret":"kept"}';
		$this->site->php( "update_user_meta( {$this->doctor_id}, 'kiviCare_google_meet_connect', 'on' ); update_user_meta( {$this->doctor_id}, 'telemed_type', 'googlemeet' ); update_user_meta( {$this->doctor_id}, 'zoom_server_to_server_oauth_config_data', wp_slash( '$app' ) );" );
		$this->disconnect();
		self::assertSame( array( 'on', 'googlemeet', $app ), array( $this->meta( 'kiviCare_google_meet_connect' ), $this->meta( 'telemed_type' ), $this->meta( 'zoom_server_to_server_oauth_config_data' ) ) );
	}
}
