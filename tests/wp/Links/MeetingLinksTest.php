<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Links;

use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\Links\CurrentMeeting;
use KiviCare\Telemed\Links\MeetingLinks;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * While a doctor changes the provider there may be two meetings: people are led to the one where the doctor will be.
 */
final class MeetingLinksTest extends TestCase {

	/**
	 * @testWith ["zoom", "https://zoom.example/j/1"]
	 *           ["googlemeet", "https://meet.example/abc"]
	 */
	public function test_of_two_meetings_the_current_providers_counts( string $provider, string $link ): void {
		$id = $this->visit( Provider::from( $provider ), array( Provider::Zoom, Provider::GoogleMeet ) );
		$this->assertSame( $link, $this->links()->find( $id )['join_url'] ?? null );
	}

	public function test_the_former_providers_link_is_not_shown_while_the_new_one_is_being_made(): void {
		$id = $this->visit( Provider::GoogleMeet, array( Provider::Zoom ) );
		$this->await_create( $id, Provider::GoogleMeet );
		$row = $this->links()->find( $id );
		$this->assertSame( array( '', '', '1' ), array( $row['meeting_id'], $row['join_url'], $row['waiting'] ) );
	}

	public function test_a_single_meeting_is_shown_whoever_serves_the_doctor(): void {
		$id = $this->visit( null, array( Provider::GoogleMeet ) );
		$this->assertSame( 'https://meet.example/abc', $this->links()->find( $id )['join_url'] ?? null );
	}

	public function test_the_door_leads_to_the_current_provider_as_well(): void {
		$id                       = $this->visit( Provider::GoogleMeet, array() );
		$this->bridge->mappings[] = FakeBridge::mapping( $id, '8812345' );
		$appointment              = ( new Appointments( $GLOBALS['wpdb'] ) )->find( $id );
		$this->assertNotNull( $appointment );
		$door = new CurrentMeeting( $this->bridge, $this->plugin->doctors() );
		$this->assertNull( $door->find( $appointment ), 'Zoom is the former provider' );
		$this->bridge->mappings[] = array( 'provider' => 'googlemeet' ) + FakeBridge::mapping( $id, 'event1' );
		$this->assertSame( 'event1', $door->find( $appointment )['meeting_id'] ?? null );
	}

	/**
	 * @param list<Provider> $made Providers that have a meeting.
	 */
	private function visit( ?Provider $serves, array $made ): int {
		global $wpdb;
		if ( null !== $serves ) {
			$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"a","refresh_token":"r","expires_in":3600}', $serves );
		}
		$id = $this->appointment();
		foreach ( $made as $provider ) {
			Provider::Zoom === $provider
				? $wpdb->insert( $wpdb->prefix . Schema::ZOOM_MAPPINGS, array( 'appointment_id' => $id, 'zoom_id' => '1', 'join_url' => 'https://zoom.example/j/1' ) )
				: $wpdb->insert( $wpdb->prefix . Schema::MEET_MAPPINGS, array( 'appointment_id' => $id, 'event_id' => 'e', 'url' => 'https://meet.example/abc' ) );
		}
		return $id;
	}

	private function await_create( int $id, Provider $provider ): void {
		global $wpdb;
		$now = gmdate( 'Y-m-d H:i:s' );
		$wpdb->insert( $wpdb->prefix . Schema::OPERATIONS, array( 'appointment_id' => $id, 'doctor_id' => $this->doctor, 'provider' => $provider->value, 'kind' => 'create', 'state' => 'pending', 'marker' => str_repeat( '0', 32 ), 'request' => '{}', 'created_at' => $now, 'updated_at' => $now ) );
	}

	private function links(): MeetingLinks {
		return new MeetingLinks( new Appointments( $GLOBALS['wpdb'] ), $this->plugin->doctors() );
	}
}
