<?php
/**
 * What tests need to know of a provider, so that one table of flows runs at each.
 */

declare(strict_types=1);

abstract class ProviderSide {

	public function __construct( protected readonly Site $site ) {}

	public static function of( string $id, Site $site ): self {
		return 'googlemeet' === $id ? new GoogleSide( $site ) : new ZoomSide( $site );
	}

	abstract public function id(): string;

	abstract public function other(): self;

	/**
	 * Lets the provider serve both seeded doctors.
	 */
	abstract public function serve_doctors(): void;

	/**
	 * Lets doctors of the other provider change to this one, as they or their administrator do.
	 */
	abstract public function take_over(): void;

	/**
	 * Gives a doctor their own connection.
	 */
	abstract public function connect( int $doctor_id, string $email, int $expires_in = 3600 ): void;

	/**
	 * Lets every access token expire.
	 */
	abstract public function expire_tokens(): void;

	/**
	 * Settings under which doctors connect by consent.
	 */
	abstract public function open_consent(): void;

	/**
	 * Meetings that exist now: id, start (UTC), link, mark.
	 *
	 * @return list<array{id: string, start: string, link: string, mark: string}>
	 */
	abstract public function live(): array;

	/**
	 * What a meeting made with this journal marker carries as mark.
	 */
	abstract public function mark( string $marker ): string;

	/**
	 * Names: table, id_column, link_column, route (REST), page, tokens, connect, update, refresh, revoke, token_path.
	 *
	 * @return array<string, string>
	 */
	abstract public function names(): array;

	/**
	 * How a consent looks that lacks a permission, and what the page then says.
	 *
	 * @return array{string, string}
	 */
	abstract public function lacking(): array;

	/**
	 * @return list<array<string, mixed>>
	 */
	public function mappings( int $appointment_id ): array {
		$names = $this->names();
		return $this->site->rows( "SELECT *, {$names['id_column']} AS meeting_id, {$names['link_column']} AS join_url FROM {$names['table']} WHERE appointment_id = ?", array( $appointment_id ) );
	}

	public function __get( string $name ): string {
		return $this->names()[ $name ];
	}

	/**
	 * Requests of this provider so far, by route.
	 *
	 * @return array<string, int>
	 */
	public function calls(): array {
		return array_filter( $this->site->sandbox( 'GET', '/state?log=0' )['counters']['by_route'], $this->is_own( ... ), ARRAY_FILTER_USE_KEY );
	}

	/**
	 * Whether a route of the sandbox is this provider's.
	 */
	protected function is_own( string $route ): bool {
		$google = 1 === preg_match( '~ (google |/o/oauth2/|/token |/revoke$)~', $route );
		return $google === ( 'googlemeet' === $this->id() );
	}

	/**
	 * Connects with a token answer, as WP-CLI does.
	 *
	 * @param array<string, mixed> $tokens Token answer.
	 */
	protected function connect_with( int $doctor_id, array $tokens ): void {
		$file = $this->site->run . '/grant.json';
		file_put_contents( $file, (string) json_encode( $tokens ) );
		$this->site->php( "KiviCare\\Telemed\\Plugin::instance()->doctors()->connect( $doctor_id, file_get_contents( " . var_export( $file, true ) . ' ), KiviCare\\Telemed\\Config\\Provider::from( ' . var_export( $this->id(), true ) . ' ) );' );
		unlink( $file );
	}
}
