<?php

declare(strict_types=1);

/**
 * Every route for every kind of visitor. One table: a row is a route, a column a visitor, a cell the expected status
 * with the REST nonce; the last column is anybody with a login cookie but no nonce, where "=" means as with it.
 */
final class RolesTest extends SiteTestCase {

	private const VISITORS = array( 'nobody', 'patient', 'patient2', 'doctor', 'doctor2', 'receptionist', 'clinicadmin', 'admin' );

	/**
	 * {id} is an appointment of patient with doctor, {operation} its last operation, {doctor2} and {nodoctor} are users.
	 */
	private const TABLE = <<<'TABLE'
		method path                                             nobody patient patient2 doctor doctor2 receptionist clinicadmin admin no-nonce
		GET    kivicare-telemed/v1/appointments/{id}/start      401    403     403      302    403     403          403         302   =
		GET    kivicare-telemed/v1/appointments/999999999/start 401    403     403      403    403     403          403         403   =
		POST   kivicare-telemed/v1/appointments/{id}/recreate   403    403     403      303    403     403          403         303   403
		GET    kivicare-telemed/v1/appointments/{id}/join       403    403     403      403    403     403          403         403   =
		GET    kivicare-telemed/v1/appointments/{id}/join?key=0 403    403     403      403    403     403          403         403   =
		GET    kivicare-telemed/v1/admin/overview               401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/admin/settings/zoom          401    403     403      403    403     403          403         200   401
		PUT    kivicare-telemed/v1/admin/settings/zoom          401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/settings/zoom/test     401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/admin/settings/googlemeet    401    403     403      403    403     403          403         200   401
		PUT    kivicare-telemed/v1/admin/settings/googlemeet    401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/settings/googlemeet/test 401  403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/admin/doctors                401    403     403      403    403     403          200         200   401
		POST   kivicare-telemed/v1/admin/doctors/{doctor2}/disconnect 401 403  403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/doctors/{doctor2}/invite 401  403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/doctors/{doctor2}/map  401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/doctors/offer          401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/doctors/{nodoctor}/invite 401 403     403      403    403     403          403         404   401
		GET    kivicare-telemed/v1/admin/meetings               401    403     403      403    403     403          200         200   401
		POST   kivicare-telemed/v1/admin/meetings/{id}/repair   401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/meetings/999999999/repair 401 403     403      403    403     403          403         404   401
		GET    kivicare-telemed/v1/admin/operations             401    403     403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/operations/{operation}/retry 401 403  403      403    403     403          403         200   401
		POST   kivicare-telemed/v1/admin/operations/999999999/retry 401 403    403      403    403     403          403         404   401
		POST   kivicare-telemed/v1/admin/repair                 401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/admin/statistics             401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/health/zoom                  401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/health/googlemeet            401    403     403      403    403     403          403         200   401
		GET    kivicare-telemed/v1/health/webhook               401    403     403      403    403     403          403         200   401
		GET    kivicare/v1/settings/zoom-telemed                401    403     403      403    403     403          403         200   401
		PUT    kivicare/v1/settings/zoom-telemed                401    403     403      403    403     403          403         200   401
		GET    kivicare/v1/settings/zoom-telemed/doctor-config  401    403     403      200    200     403          403         403   401
		PUT    kivicare/v1/settings/zoom-telemed/doctor-config  401    403     403      400    400     403          403         403   401
		GET    kivicare/v1/settings/zoom-telemed/authorize      401    403     403      200    200     403          403         403   401
		GET    kivicare/v1/settings/zoom-telemed/disconnect     401    403     403      200    200     403          403         403   401
		PUT    kivicare/v1/settings/zoom-telemed/test-connection 401   403     403      400    400     403          403         400   401
		GET    kivicare/v1/settings/zoom-telemed/callback       400    400     400      400    400     400          400         400   =
		GET    kivicare/v1/settings/zoom-telemed/callback?state=forged&code=c 200 403 403 400  400     403          403         403   =
		GET    kivicare/v1/settings/zoom-telemed/callback?state=forged&code=c&reloaded=1 401 403 403 400 400 403        403         403   =
		POST   kivicare-telemed/v1/webhooks/zoom                401    401     401      401    401     401          401         401   =
		GET    kivicare/v1/settings/googlemeet                  401    403     403      403    403     403          403         200   401
		PUT    kivicare/v1/settings/googlemeet                  401    403     403      403    403     403          403         200   401
		GET    kivicare/v1/settings/googlemeet/doctor-config    401    403     403      200    200     403          403         403   401
		GET    kivicare/v1/settings/googlemeet/authorize        401    403     403      200    200     403          403         403   401
		GET    kivicare/v1/settings/googlemeet/disconnect       401    403     403      200    200     403          403         403   401
		PUT    kivicare/v1/settings/googlemeet/test-connection  401    403     403      200    200     403          403         200   401
		GET    kivicare/v1/settings/googlemeet/callback         400    400     400      400    400     400          400         400   =
		GET    kivicare/v1/settings/googlemeet/callback?state=forged&code=c 200 403 403 400    400     403          403         403   =
		GET    kivicare/v1/settings/googlemeet/callback?state=forged&code=c&reloaded=1 401 403 403 400 400 403          403         403   =
		POST   kivicare-telemed/v1/webhooks/google              401    401     401      401    401     401          401         401   =
		TABLE;

	/**
	 * Bodies that are harmless when they are let through.
	 */
	private const BODIES = array(
		'admin/doctors/{doctor2}/disconnect'    => array( 'provider' => 'zoom' ),
		'admin/doctors/{doctor2}/invite'        => array( 'provider' => 'zoom' ),
		'admin/doctors/{doctor2}/map'           => array( 'zoom_user' => 'doctor2@example.test' ),
		'admin/doctors/offer'                   => array( 'doctors' => array() ),
		'admin/doctors/{nodoctor}/invite'       => array( 'provider' => 'zoom' ),
		'settings/zoom-telemed'                 => array( 'auth_type' => 'server-to-server', 'client_secret' => '••••••••••••', 'server_to_server_enabled' => 'No' ),
		'settings/zoom-telemed/doctor-config'   => array( 'auth_type' => 'server-to-server', 'enable_server_to_server' => true, 'account_id' => '', 'client_id' => '', 'client_secret' => '' ),
		'settings/zoom-telemed/test-connection' => array( 'auth_type' => 'server-to-server', 'account_id' => '', 'client_id' => '', 'client_secret' => '' ),
	);

	/**
	 * What stands for names in paths.
	 *
	 * @var array<string, string>
	 */
	private array $names = array();

	public static function tearDownAfterClass(): void {
		( new ZoomSide( Site::from_environment() ) )->serve_doctors();
	}

	/**
	 * @return array<string, array{string}>
	 */
	public static function providers(): array {
		return array( 'Zoom' => array( 'zoom' ), 'Google Meet' => array( 'googlemeet' ) );
	}

	/**
	 * @dataProvider providers
	 */
	public function test_every_cell( string $provider ): void {
		$this->side = ProviderSide::of( $provider, $this->site );
		$this->side->serve_doctors();
		$id       = self::id( $this->book() );
		self::assertCount( 1, $this->side->mappings( $id ) );
		$this->names = array(
			'{id}'        => (string) $id,
			'{operation}' => (string) $this->site->rows( 'SELECT MAX(id) AS id FROM wp_kc_telemed_operations WHERE appointment_id = ?', array( $id ) )[0]['id'],
			'{doctor2}'   => (string) $this->site->seed['other_doctor_id'],
			'{nodoctor}'  => (string) $this->site->seed['patient_id'],
		);
		$browsers = array( 'nobody' => new Browser( $this->site->url ) );
		foreach ( array_slice( self::VISITORS, 1 ) as $user ) {
			$browsers[ $user ] = $this->site->login( $user );
		}
		$wrong = array();
		$cells = 0;
		foreach ( array_slice( explode( "\n", trim( self::TABLE ) ), 1 ) as $line ) {
			$columns                = preg_split( '/\s+/', trim( $line ) );
			list( $method, $path )  = $columns;
			$without                = end( $columns );
			foreach ( self::VISITORS as $column => $visitor ) {
				$expected = $columns[ $column + 2 ];
				$got      = $this->answer_status( $browsers[ $visitor ], $method, $path, true );
				$bare     = $this->answer_status( $browsers[ $visitor ], $method, $path, false );
				$cells   += 2;
				if ( (string) $got !== $expected ) {
					$wrong[] = "$method $path as $visitor: $got, expected $expected";
				}
				$expected = '=' === $without ? $expected : $without;
				if ( (string) $bare !== $expected ) {
					$wrong[] = "$method $path as $visitor without nonce: $bare, expected $expected";
				}
			}
		}
		self::assertSame( array(), $wrong );
		printf( "\nRESULT role_matrix_cells_%s %d cells\n", $provider, $cells );
	}

	public function test_the_table_names_every_route_we_register(): void {
		$routes = json_decode( $this->site->php( '$routes = array(); foreach ( rest_get_server()->get_routes() as $path => $handlers ) { foreach ( $handlers as $handler ) { $callback = $handler["callback"] ?? null; if ( is_array( $callback ) && is_object( $callback[0] ) && str_starts_with( get_class( $callback[0] ), "KiviCare\\\\Telemed" ) ) { foreach ( array_keys( $handler["methods"] ) as $method ) { $routes[] = $method . " " . $path; } } } } echo json_encode( $routes );' ), true );
		self::assertNotSame( array(), $routes );
		foreach ( $routes as $route ) {
			list( $method, $path ) = explode( ' ', $route );
			// POST is an older form's spelling of PUT: the same handler behind the same gate.
			$method = 'POST' === $method && str_contains( $path, '/settings/' ) && ! str_contains( $path, '/admin/' ) ? 'PUT' : $method;
			$names  = array( '(?P<id>\d+)' => '{id}', '(?P<appointment>\d+)' => '{id}', '(?P<doctor>\d+)' => '{doctor2}', '(?P<operation>\d+)' => '{operation}' );
			$path   = strtr( ltrim( $path, '/' ), $names );
			self::assertMatchesRegularExpression( '~^\s*' . $method . '\s+' . preg_quote( $path, '~' ) . '(\s|\?)~m', self::TABLE );
		}
	}

	private function answer_status( Browser $browser, string $method, string $path, bool $with_nonce ): int {
		$body    = self::BODIES[ preg_replace( '~^[a-z-]+/v1/~', '', $path ) ] ?? array();
		$path    = strtr( $path, $this->names );
		$headers = array( 'Content-Type: application/json' );
		if ( $with_nonce && '' !== $browser->nonce ) {
			$headers[] = 'X-WP-Nonce: ' . $browser->nonce;
		}
		$answer = $browser->send( $method, '/wp-json/' . $path, 'GET' === $method ? null : (string) json_encode( $body, JSON_FORCE_OBJECT ), $headers );
		if ( 302 !== $answer['status'] ) {
			// The host's redirect is the one place where a host link belongs.
			$this->keep( $answer );
		}
		return $answer['status'];
	}
}
