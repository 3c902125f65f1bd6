<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Compat;

use App\baseClasses\KCBaseModel;
use KCGMApp\models\KCGMAppointmentGoogleMeetMapping;
use KCTApp\models\KCTAppointmentZoomMapping;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\KiviCare\ZoomProvider;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;

/**
 * The models under the names and with the chains that KiviCare uses.
 */
final class MappingModelsTest extends TestCase {

	public function test_row_of_the_extension_is_seen_inside_an_open_transaction(): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->options}" );
		$this->bridge->mappings[] = FakeBridge::mapping( 7, '8812345' );

		$row = KCTAppointmentZoomMapping::query()->where( 'appointmentId', 7 )->first();
		$this->assertInstanceOf( KCBaseModel::class, $row );
		$this->assertSame( 7, $row->appointmentId );
		$this->assertSame( '8812345', $row->zoomId );
		$this->assertSame( 'https://zoom.example/j/8812345?pwd=a%2Bb', $row->joinUrl );
		$this->assertSame( 'https://clinic.example/start/7', $row->startUrl );
		$this->assertSame( '8812345', KCTAppointmentZoomMapping::query()->where( 'zoomId', '8812345' )->first()->zoomId );
		$this->assertNull( KCTAppointmentZoomMapping::query()->where( 'appointmentId', 8 )->first() );
	}

	public function test_a_booking_whose_meeting_was_made_has_its_link_though_the_extension_fails_meanwhile(): void {
		$id                       = $this->appointment();
		$this->bridge->outcome    = FakeBridge::ready( $id );
		$this->bridge->find_error = new BridgeException( Failure::Store, 'the database is away' );
		( new ZoomProvider( 'any' ) )->create_meeting( array( 'appointment_id' => $id ) );
		$this->assertSame( '8812345', KCTAppointmentZoomMapping::query()->where( 'appointmentId', $id )->first()?->zoomId );
		$this->assertNull( KCTAppointmentZoomMapping::query()->where( 'appointmentId', $id + 1 )->first() );
	}

	public function test_saving_takes_no_lock(): void {
		$id                       = KCTAppointmentZoomMapping::create( array( 'appointmentId' => 7, 'zoomId' => '8812345' ) );
		$this->bridge->mappings[] = FakeBridge::mapping( 7, '8812345' );
		$sent                     = array();
		$watch                    = static function ( string $sql ) use ( &$sent ): string {
			$sent[] = $sql;
			return $sql;
		};
		add_filter( 'query', $watch );
		$this->assertSame( (int) $id, (int) KCTAppointmentZoomMapping::query()->where( 'appointmentId', 7 )->first()->update( array( 'password' => 'x' ) ) );
		remove_filter( 'query', $watch );
		$this->assertSame( array(), preg_grep( '/LOCK IN|FOR UPDATE|FOR SHARE/i', $sent ) );
	}

	public function test_meet_chain_with_select_of_a_property(): void {
		$this->bridge->mappings[] = FakeBridge::mapping( 7, 'ev7', 'googlemeet' );

		$row = KCGMAppointmentGoogleMeetMapping::query()->where( 'appointmentId', 7 )->select( array( 'eventId' ) )->first();
		$this->assertSame( 'ev7', $row->eventId );
		$this->assertSame( 7, KCGMAppointmentGoogleMeetMapping::query()->where( 'eventId', 'ev7' )->first()->appointmentId );
		$this->assertNull( KCTAppointmentZoomMapping::query()->where( 'appointmentId', 7 )->first(), 'providers are kept apart' );
	}

	public function test_other_ends_of_the_chain(): void {
		$this->bridge->mappings[] = FakeBridge::mapping( 7, '8812345' );
		$query                    = static fn() => KCTAppointmentZoomMapping::query()->where( 'appointmentId', '7' );

		$this->assertCount( 1, $query()->get() );
		$this->assertSame( 1, $query()->count() );
		$this->assertSame( '8812345', $query()->value( 'zoomId' ) );
		$this->assertSame( 0, KCTAppointmentZoomMapping::query()->where( 'appointmentId', 8 )->count() );
	}

	public function test_anything_but_a_point_look_up_goes_to_the_table(): void {
		$this->bridge->mappings[] = FakeBridge::mapping( 7, 'native' );
		foreach ( array( 7, 8 ) as $appointment ) {
			KCTAppointmentZoomMapping::create( array( 'appointmentId' => $appointment, 'zoomId' => 'table' . $appointment, 'joinUrl' => 'https://z.example/?a=%2B' ) );
		}

		$two = KCTAppointmentZoomMapping::query()->where( 'appointmentId', 7 )->where( 'zoomId', 'table7' )->first();
		$this->assertSame( 'table7', $two->zoomId );
		$this->assertSame( 'https://z.example/?a=%2B', $two->joinUrl );
		$this->assertCount( 2, KCTAppointmentZoomMapping::query()->whereIn( 'appointmentId', array( 7, 8 ) )->get() );
		$this->assertSame( 'table8', KCTAppointmentZoomMapping::query()->select( array( 'zoomId' ) )->where( 'appointmentId', '>', 7 )->first()->zoomId );
		$this->assertSame( 'table8', KCTAppointmentZoomMapping::query()->where( 'appointmentId', 8 )->first()->zoomId );
	}

	public function test_update_of_a_native_row_changes_the_table_row(): void {
		$id                       = KCTAppointmentZoomMapping::create( array( 'appointmentId' => 7, 'zoomId' => '8812345' ) );
		$this->bridge->mappings[] = FakeBridge::mapping( 7, '8812345' );

		$this->assertSame( (int) $id, (int) KCTAppointmentZoomMapping::query()->where( 'zoomId', '8812345' )->first()->update( array( 'joinUrl' => 'https://new.example' ) ) );
		$this->assertSame( 'https://new.example', KCTAppointmentZoomMapping::query()->where( 'id', $id )->first()->joinUrl );
	}

	public function test_provider_finds_the_meeting_of_an_appointment(): void {
		$this->bridge->mappings[] = FakeBridge::mapping( 7, '8812345' );
		$provider                 = new ZoomProvider( 'any' );

		$this->assertSame( '8812345', $provider->get_meeting_by_appointment( '7' )->zoomId );
		$this->assertNull( $provider->get_meeting_by_appointment( 8 ) );
		$this->assertSame( 7, $provider->get_meeting( '8812345' )['appointment_id'] );
		$this->assertFalse( $provider->get_meeting( '1' ) );
	}
}
