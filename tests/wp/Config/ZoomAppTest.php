<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Config;

use KiviCare\Telemed\Config\Marketplace;
use KiviCare\Telemed\Config\ZoomApp;
use KiviCare\Telemed\Rest\AdminZoomSettingsController;
use KiviCare\Telemed\Tests\TestCase;

/**
 * One list of events and scopes, wherever somebody copies it from.
 */
final class ZoomAppTest extends TestCase {

	public function test_the_screen_and_the_command_name_the_same_events(): void {
		$screen = ( new AdminZoomSettingsController( $this->plugin->settings(), $this->bridge, $this->plugin->zoom_offers() ) )->show()->get_data()['app'];
		$sheet  = array_column( array_filter( Marketplace::rows(), static fn( array $row ): bool => 'zoom' === $row['provider'] ), 'value', 'item' );
		$this->assertSame( ZoomApp::EVENTS, $screen['events'] );
		$this->assertContains( 'meeting.participant_left_waiting_room', $screen['events'] );
		$this->assertSame( ZoomApp::EVENTS, explode( ' ', $sheet['webhook_events'] ) );
		$this->assertSame( $screen['admin_scopes'], explode( ' ', $sheet['scopes_server_to_server'] ) );
	}

	public function test_the_documents_name_every_event_and_no_other(): void {
		$document = (string) file_get_contents( dirname( __DIR__, 3 ) . '/docs/zoom-app.md' );
		preg_match_all( '/`(meeting\.\w+|app_deauthorized)`/', $document, $found );
		$this->assertEqualsCanonicalizing( ZoomApp::EVENTS, array_values( array_unique( $found[1] ) ) );
	}
}
