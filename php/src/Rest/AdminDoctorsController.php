<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Rest;

use KiviCare\Telemed\Admin\Invitation;
use KiviCare\Telemed\Admin\Advice;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Overview\Doctors;
use KiviCare\Telemed\Overview\Query;
use KiviCare\Telemed\Site\Pause;

/**
 * Doctors and their connections. A clinic's administrator reads their own clinic's; only administrators act.
 */
final class AdminDoctorsController extends AdminController {

	/**
	 * Parts.
	 *
	 * @param \Closure(): Doctors $list Makes the list.
	 */
	public function __construct(
		private readonly \Closure $list,
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection,
		private readonly Settings $settings
	) {}

	public function routes(): void {
		$provider = array( 'provider' => $this->choice( array( 'zoom', 'googlemeet' ) ) );
		$filters  = array(
			'search' => array( 'type' => 'string', 'default' => '' ),
			'state'  => $this->choice( array( '', 'healthy', 'expiring', 'reconnect', 'revoked', 'not_connected' ), '' ),
		);
		$this->route( 'doctors', 'GET', 'show', $this->paging() + $filters, 'administrator_or_clinic' );
		$this->route( 'doctors/(?P<doctor>\d+)/disconnect', 'POST', 'disconnect', $provider );
		$this->route( 'doctors/(?P<doctor>\d+)/invite', 'POST', 'invite', $provider );
		$this->route( 'doctors/(?P<doctor>\d+)/map', 'POST', 'map', array( 'zoom_user' => array( 'type' => 'string', 'required' => true ) ) );
	}

	public function show( \WP_REST_Request $request ): \WP_REST_Response {
		$page = ( $this->list )()->page( Query::of( $request->get_params(), Gate::clinic_restriction() ) );
		return $this->answer( array( 'items' => array_map( array( self::class, 'item' ), $page->items ), 'total' => $page->total, 'pages' => $page->pages() ) );
	}

	public function disconnect( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		$doctor = $this->doctor( $request );
		if ( is_wp_error( $doctor ) ) {
			return $doctor;
		}
		$provider  = Provider::from( (string) $request['provider'] );
		try {
			$confirmed = $this->disconnection->disconnect( $doctor->ID, $provider );
		} catch ( BridgeException $error ) {
			return $this->failure( 'kivicare_telemed_paused', $error->getMessage(), 409 );
		}
		$message   = $confirmed
			/* translators: 1: doctor's name, 2: Zoom or Google Meet */
			? __( '%1$s is disconnected from %2$s.', 'kivicare-telemed' )
			/* translators: 1: doctor's name, 2: Zoom or Google Meet */
			: __( '%1$s is disconnected here, but %2$s could not confirm it. Ask the doctor to remove the app there too.', 'kivicare-telemed' );
		return $this->done( $doctor, sprintf( $message, $doctor->display_name, $provider->label() ) );
	}

	public function invite( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		$doctor = $this->doctor( $request );
		if ( is_wp_error( $doctor ) ) {
			return $doctor;
		}
		if ( Pause::is_on() ) {
			return $this->failure( 'kivicare_telemed_paused', Pause::text(), 409 );
		}
		if ( ! Invitation::send( $doctor, Provider::from( (string) $request['provider'] ) ) ) {
			return $this->failure( 'kivicare_telemed_mail', __( 'The mail could not be sent. Check the site\'s mail settings.', 'kivicare-telemed' ), 502 );
		}
		/* translators: %s: doctor's name. */
		return $this->done( $doctor, sprintf( __( 'The invitation to %s is sent.', 'kivicare-telemed' ), $doctor->display_name ) );
	}

	/**
	 * Lets the clinic's account serve the doctor, as the given Zoom user or, without one, the one with the doctor's address.
	 */
	public function map( \WP_REST_Request $request ): \WP_REST_Response|\WP_Error {
		$doctor = $this->doctor( $request );
		if ( is_wp_error( $doctor ) ) {
			return $doctor;
		}
		if ( ! $this->settings->is_clinic_wide() ) {
			return $this->failure( 'kivicare_telemed_not_shared', __( 'Doctors are mapped to Zoom users only while the clinic uses one server-to-server app. Choose it under Set-up first.', 'kivicare-telemed' ), 409 );
		}
		try {
			$this->doctors->use_clinic_account( $doctor->ID, trim( sanitize_text_field( (string) $request['zoom_user'] ) ) );
		} catch ( \InvalidArgumentException | BridgeException $error ) {
			return $this->failure( 'kivicare_telemed_zoom_user', $error->getMessage() );
		}
		$address = ( $this->list )()->find( $doctor->ID )['zoom_user'] ?? '';
		/* translators: 1: doctor's name, 2: Zoom user */
		return $this->done( $doctor, sprintf( __( '%1$s is served as Zoom user %2$s.', 'kivicare-telemed' ), $doctor->display_name, $address ) );
	}

	private function doctor( \WP_REST_Request $request ): \WP_User|\WP_Error {
		$id   = (int) $request['doctor'];
		$user = Gate::is_doctor( $id ) ? get_userdata( $id ) : false;
		return $user instanceof \WP_User
			? $user
			: $this->failure( 'rest_user_invalid_id', __( 'There is no such doctor.', 'kivicare-telemed' ), 404 );
	}

	private function done( \WP_User $doctor, string $message ): \WP_REST_Response {
		$item = ( $this->list )()->find( $doctor->ID );
		return $this->answer( array( 'message' => $message, 'item' => null === $item ? null : self::item( $item ) ) );
	}

	/**
	 * A doctor with what to do about each connection.
	 *
	 * @param array<string, mixed> $doctor Of the list.
	 * @return array<string, mixed>
	 */
	private static function item( array $doctor ): array {
		foreach ( $doctor['connections'] as $provider => $connection ) {
			$doctor['connections'][ $provider ]['remedy'] = Advice::of( $connection['reason'] );
		}
		return $doctor;
	}
}
