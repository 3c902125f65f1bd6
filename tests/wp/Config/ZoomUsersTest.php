<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Config;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Arrivals;
use KiviCare\Telemed\Connect\Offer;
use KiviCare\Telemed\Connect\ZoomUser;
use KiviCare\Telemed\Connect\ZoomUserBook;
use KiviCare\Telemed\Rest\Gate;
use KiviCare\Telemed\Tests\Fakes\FakeBridge;
use KiviCare\Telemed\Tests\TestCase;
use KiviCare\Telemed\Upgrade\MetaRows;
use KiviCare\Telemed\Upgrade\Mode;
use KiviCare\Telemed\Upgrade\ZoomUsersStep;

/**
 * Whose account acts is what an administrator approved.
 */
final class ZoomUsersTest extends TestCase {

	private const ADDRESS = 'doctor@clinic.example';

	protected function setUp(): void {
		parent::setUp();
		$this->change_address( self::ADDRESS );
		get_user_by( 'id', $this->doctor )->add_role( Gate::DOCTOR );
		$this->plugin->zoom_users()->withdraw( $this->doctor );
	}

	protected function tearDown(): void {
		wp_set_current_user( 0 );
		$this->change_address( self::ADDRESS );
		get_user_by( 'id', $this->doctor )->remove_role( Gate::DOCTOR );
		parent::tearDown();
	}

	public function test_a_doctor_whom_nobody_approved_has_no_zoom_user_whatever_the_address(): void {
		$this->share_account();
		$this->change_address( 'owner@clinic.example' );
		$this->assertSame( '', $this->plugin->doctors()->host( $this->doctor )['host'] );
		$this->assertFalse( $this->plugin->doctors()->is_served_by_zoom( $this->doctor ) );
	}

	public function test_an_approved_user_stays_when_the_address_changes(): void {
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$approved = FakeBridge::zoom_id( self::ADDRESS );
		$this->assertSame( $approved, $this->plugin->doctors()->host( $this->doctor )['host'] );

		$this->change_address( 'owner@clinic.example' );
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_USER, 'owner@clinic.example' );
		$this->plugin->doctors()->forget_cached( $this->doctor );
		$this->assertSame( $approved, $this->plugin->doctors()->host( $this->doctor )['host'], 'nothing that a profile can write decides' );
		$this->offer_all();
		$this->assertSame( $approved, $this->plugin->doctors()->host( $this->doctor )['host'], 'an offer takes what is approved' );
	}

	public function test_nothing_is_approved_that_zoom_does_not_know(): void {
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$before                           = $this->plugin->zoom_users()->find( $this->doctor );
		$this->bridge->unknown_zoom_users = array( 'nobody@clinic.example' => 'host_not_found' );
		try {
			$this->plugin->doctors()->map_zoom_user( $this->doctor, 'nobody@clinic.example' );
			$this->fail( 'it was taken' );
		} catch ( \InvalidArgumentException $error ) {
			$this->assertStringContainsString( 'nobody@clinic.example', $error->getMessage() );
		}
		foreach ( array( 'me', 'ME', 'a b', '../x' ) as $wrong ) {
			try {
				$this->plugin->doctors()->map_zoom_user( $this->doctor, $wrong );
				$this->fail( "$wrong was taken" );
			} catch ( \InvalidArgumentException ) {
				$this->assertEquals( $before, $this->plugin->zoom_users()->find( $this->doctor ) );
			}
		}
	}

	public function test_saving_the_account_offers_the_doctors_there_are(): void {
		$this->share_account( 'present' );
		$offers = $this->mine( $this->plugin->zoom_offers()->after_saving() );
		$this->assertSame( array( Offer::OFFERED, self::ADDRESS ), array( $offers->state, $offers->address ) );
		$this->assertSame( 'on', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );
		$this->assertSame( '{"enableServerToServerOauthconfig":"true"}', get_user_meta( $this->doctor, DoctorConnections::ZOOM_SHARED, true ) );
	}

	public function test_a_choice_offers_nobody_else(): void {
		$this->share_account( 'choice' );
		$this->assertSame( array(), $this->plugin->zoom_offers()->after_saving() );
		$this->assertNotSame( 'on', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );
		$offer = $this->mine( $this->plugin->zoom_offers()->offer_chosen( array( $this->doctor, self::PATIENT ) ) );
		$this->assertSame( Offer::OFFERED, $offer->state );
	}

	public function test_whom_zoom_does_not_know_is_listed_and_offered_once_it_does(): void {
		$this->share_account();
		$this->bridge->unknown_zoom_users = array( self::ADDRESS => 'host_not_found' );
		$offer                            = $this->mine( $this->offer_all() );
		$this->assertSame( 'host_not_found', $offer->state );
		$this->assertStringContainsString( self::ADDRESS, $offer->to_array()['remedy'] );
		$this->assertNotSame( 'on', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );

		$this->change_address( 'owner@clinic.example' );
		$this->bridge->unknown_zoom_users = array();
		$this->let_an_hour_pass();
		$this->plugin->zoom_offers()->care();
		$this->assertSame( FakeBridge::zoom_id( self::ADDRESS ), $this->plugin->zoom_users()->id( $this->doctor ), 'by the address as it was approved' );
		$this->assertSame( 'on', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );
	}

	public function test_a_zoom_user_is_not_given_to_a_second_doctor_by_itself(): void {
		$this->share_account();
		( new ZoomUserBook() )->put( new ZoomUser( $this->doctor + 1, FakeBridge::zoom_id( self::ADDRESS ), self::ADDRESS, 'a', '', 1, time() ) );
		$this->assertSame( ZoomUser::TAKEN, $this->mine( $this->offer_all() )->state );
		$this->assertSame( '', $this->plugin->zoom_users()->id( $this->doctor ) );
	}

	public function test_an_address_that_the_doctor_entered_is_not_taken_with_all_others(): void {
		$this->share_account();
		( new ZoomUserBook() )->add( new ZoomUser( $this->doctor, reason: ZoomUser::UNREVIEWED ) );
		$this->assertSame( ZoomUser::UNREVIEWED, $this->mine( $this->offer_all() )->state );
		$this->assertSame( Offer::OFFERED, $this->mine( $this->plugin->zoom_offers()->offer_chosen( array( $this->doctor ) ) )->state );
	}

	public function test_an_address_that_changed_after_its_approval_is_not_taken_with_all_others(): void {
		$this->share_account();
		$this->bridge->unknown_zoom_users = array( self::ADDRESS => 'host_not_found' );
		$this->offer_all();
		$this->change_address( 'owner@clinic.example' );
		$this->assertSame( ZoomUser::UNREVIEWED, $this->mine( $this->offer_all() )->state );
		$this->assertSame( self::ADDRESS, $this->plugin->zoom_users()->find( $this->doctor )->address ?? '' );

		$this->plugin->doctors()->map_zoom_user( $this->doctor, '' );
		$this->assertSame( ZoomUser::UNREVIEWED, $this->mine( $this->offer_all() )->state, 'after the approval was taken back' );
	}

	public function test_what_an_administrator_decides_while_zoom_is_asked_stands(): void {
		$this->share_account();
		$book = new ZoomUserBook();
		$book->put( ZoomUser::approved( $this->doctor, self::ADDRESS, 'a' ) );
		$asked = $book->find( $this->doctor );
		$this->assertNotNull( $asked );
		$book->drop( $this->doctor );
		$this->assertFalse( $book->answer( $asked, $asked->found( 'z', self::ADDRESS ) ) );
		$this->assertNull( $book->find( $this->doctor ) );
	}

	public function test_an_approval_is_of_one_account_and_offered_again_in_another(): void {
		$this->share_account();
		$this->plugin->doctors()->use_clinic_account( $this->doctor );
		$this->assertTrue( $this->plugin->doctors()->is_served_by_zoom( $this->doctor ) );

		$this->change_account( 'b' );
		$this->assertSame( '', $this->plugin->doctors()->host( $this->doctor )['host'] );
		$this->assertFalse( $this->plugin->doctors()->is_served_by_zoom( $this->doctor ) );
		$listed = $this->plugin->doctor_list()->find( $this->doctor );
		$this->assertSame( array( '', ZoomUser::ANOTHER_ACCOUNT ), array( $listed['zoom_user_id'] ?? null, $listed['offer'] ?? null ) );
		$this->change_address( 'owner@clinic.example' );
		$this->assertSame( ZoomUser::UNREVIEWED, $this->mine( $this->offer_all() )->state, 'the doctor chose the address meanwhile' );
		$this->change_address( self::ADDRESS );
		$this->assertSame( Offer::OFFERED, $this->mine( $this->offer_all() )->state );
		$this->assertSame( FakeBridge::zoom_id( self::ADDRESS ), $this->plugin->doctors()->host( $this->doctor )['host'] );
		$this->assertSame( 'b', $this->plugin->zoom_users()->find( $this->doctor )->account_id ?? '' );

		$this->change_account( 'a' );
		$this->assertSame( '', $this->plugin->doctors()->host( $this->doctor )['host'] );
	}

	public function test_an_address_that_waits_for_one_account_is_not_asked_for_in_another(): void {
		$this->share_account();
		$this->bridge->unknown_zoom_users = array( self::ADDRESS => 'host_not_found' );
		$this->offer_all();
		$this->change_account( 'b' );
		$this->bridge->unknown_zoom_users = array();
		$this->let_an_hour_pass();
		$this->plugin->zoom_offers()->care();
		$this->plugin->zoom_users()->forget( $this->doctor );
		$this->assertSame( '', $this->plugin->zoom_users()->id( $this->doctor ) );
	}

	public function test_doctors_with_connections_of_their_own_keep_them(): void {
		$this->share_account();
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"a","refresh_token":"r"}', Provider::GoogleMeet );
		$this->assertSame( Offer::OTHERWISE, $this->mine( $this->offer_all() )->state );
		$this->assertSame( 'googlemeet', get_user_meta( $this->doctor, DoctorConnections::PROVIDER, true ) );
	}

	public function test_a_new_doctor_is_offered_where_all_are_and_only_when_an_administrator_added_the_doctor(): void {
		$this->share_account( 'all' );
		wp_set_current_user( (int) get_users( array( 'role' => 'administrator', 'fields' => 'ID', 'number' => 1 ) )[0] );
		$arrivals = new Arrivals( $this->plugin->settings(), new ZoomUserBook() );
		$arrivals->joined( $this->doctor, Gate::DOCTOR );
		$this->plugin->zoom_users()->forget( $this->doctor );
		$this->assertNull( $this->plugin->zoom_users()->find( $this->doctor ), 'nothing is written where KiviCare may have a transaction open' );
		$arrivals->write();
		$this->plugin->zoom_users()->forget( $this->doctor );
		$this->assertSame( '', $this->plugin->zoom_users()->id( $this->doctor ), 'Zoom is not asked inside of somebody else\'s request' );
		$this->plugin->zoom_offers()->care();
		$this->assertSame( FakeBridge::zoom_id( self::ADDRESS ), $this->plugin->zoom_users()->id( $this->doctor ) );
		$this->assertSame( 'on', get_user_meta( $this->doctor, DoctorConnections::ZOOM_CONNECT, true ) );
	}

	public function test_an_earlier_mapping_is_frozen_and_asked_for_once(): void {
		update_user_meta( $this->doctor, DoctorConnections::ZOOM_USER, 'dr@zoom.example' );
		$step = new ZoomUsersStep( new MetaRows( $GLOBALS['wpdb'] ), new ZoomUserBook(), $this->plugin->settings() );
		$this->share_account();
		$this->assertSame( 1, $step->run( Mode::Count )->count );
		$this->assertSame( 1, $step->run( Mode::Apply )->count );
		$this->assertSame( 0, $step->run( Mode::Apply )->count );
		$this->plugin->zoom_users()->forget( $this->doctor );
		$this->plugin->zoom_offers()->care();
		$this->assertSame( FakeBridge::zoom_id( 'dr@zoom.example' ), $this->plugin->zoom_users()->id( $this->doctor ) );
	}

	public function test_credentials_that_zoom_refuses_are_not_kept(): void {
		$this->share_account();
		$before                = get_option( Settings::OPTION );
		$this->bridge->verdict = array( 'state' => 'refused', 'reason' => 'client_refused', 'message' => 'no' );
		foreach ( array( array( 'client_secret' => 'guessed' ), array( 'account_id' => 'another' ) ) as $change ) {
			try {
				$this->plugin->settings()->save_zoom( $this->bridge, $change + array( 'auth_type' => 'server-to-server' ) );
				$this->fail( 'it was kept' );
			} catch ( \InvalidArgumentException $error ) {
				$this->assertStringContainsString( 'Nothing was saved', $error->getMessage() );
				$this->assertSame( $before, get_option( Settings::OPTION ) );
			}
		}
		// What does not touch the app needs no answer of Zoom's.
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'personal_links' => 'Yes' ) );
		try {
			$this->plugin->doctors()->use_own_app( $this->doctor, 'account', 'client', 'guessed' );
			$this->fail( 'it was kept' );
		} catch ( \InvalidArgumentException ) {
			$this->assertNull( $this->plugin->doctors()->own_app( $this->doctor ) );
		}
	}

	public function test_a_changed_app_forgets_the_tokens_of_the_former(): void {
		$this->share_account();
		add_option( 'kivicare_telemed_zoom_token_0123', 'kct1.x', '', false );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'client_secret' => 'another' ) );
		$this->assertFalse( get_option( 'kivicare_telemed_zoom_token_0123' ) );
	}

	/**
	 * @return list<Offer>
	 */
	private function offer_all(): array {
		return $this->plugin->zoom_offers()->offer_all();
	}

	/**
	 * The test's doctor among the offers.
	 *
	 * @param list<Offer> $offers Offers.
	 */
	private function mine( array $offers ): Offer {
		$mine = array_values( array_filter( $offers, fn( Offer $offer ): bool => $offer->doctor_id === $this->doctor ) );
		$this->assertCount( 1, $mine );
		return $mine[0];
	}

	private function change_address( string $address ): void {
		wp_update_user( array( 'ID' => $this->doctor, 'user_email' => $address ) );
	}

	private function change_account( string $account_id ): void {
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'server-to-server', 'account_id' => $account_id ) );
	}

	private function let_an_hour_pass(): void {
		$GLOBALS['wpdb']->query( "UPDATE {$GLOBALS['wpdb']->prefix}kc_telemed_zoom_users SET asked_at = 0" );
		$this->plugin->zoom_users()->forget( $this->doctor );
	}
}
