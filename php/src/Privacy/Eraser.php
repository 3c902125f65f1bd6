<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Privacy;

use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\SharedMeta;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Site\Pause;

/**
 * Erases what we know about a patient or doctor, for WordPress' erasure of personal data: attendance and answers, the
 * person in records, and a doctor's connections, which are ended at the provider. The visits are KiviCare's.
 */
final class Eraser implements Registerable {

	/**
	 * Rows of each kind in one step.
	 */
	private const PAGE = 200;

	/**
	 * A doctor's metas that only this plugin uses.
	 */
	private const METAS = array( DoctorConnections::ZOOM_USER, DoctorConnections::ZOOM_IDENTITY, DoctorConnections::MEET_IDENTITY, 'kivicare_telemed_consent', 'kivicare_telemed_retiring' );

	public function __construct(
		private readonly PersonalRows $rows,
		private readonly DoctorConnections $doctors,
		private readonly Disconnection $disconnection,
		private readonly ZoomUsers $people
	) {}

	public function register(): void {
		add_filter( 'wp_privacy_personal_data_erasers', array( $this, 'add' ) );
	}

	/**
	 * Adds the eraser.
	 *
	 * @param mixed $erasers WordPress' list.
	 * @return array<string, array<string, mixed>>
	 */
	public function add( $erasers ): array {
		$erasers = is_array( $erasers ) ? $erasers : array();

		$erasers['kivicare-telemed'] = array(
			'eraser_friendly_name' => __( 'KiviCare Telemed', 'kivicare-telemed' ),
			'callback'             => array( $this, 'erase' ),
		);
		return $erasers;
	}

	/**
	 * One step.
	 *
	 * @return array{items_removed: bool, items_retained: bool, messages: list<string>, done: bool}
	 */
	public function erase( string $email, int $page = 1 ): array {
		$user = get_user_by( 'email', $email );
		if ( false === $user ) {
			return array( 'items_removed' => false, 'items_retained' => false, 'messages' => array(), 'done' => true );
		}
		$messages = array();
		// First, while there are tokens to end the connection with; what that records is anonymised below.
		$removed  = 1 === $page ? $this->end_connections( $user->ID, $messages ) + $this->rows->clear_meetings( $user->ID ) : 0;
		$changed  = $this->rows->anonymise( $user->ID, self::PAGE );
		$done     = $changed < self::PAGE;
		$kept     = array() !== $messages && Pause::is_on();
		$retained = $done && $this->rows->has_unfinished( $user->ID );
		if ( $retained ) {
			$messages[] = __( 'Video visits that are still being arranged keep their doctor until that is done.', 'kivicare-telemed' );
		}
		return array(
			'items_removed'  => $removed + $changed > 0,
			'items_retained' => $retained || $kept,
			'messages'       => $messages,
			'done'           => $done,
		);
	}

	/**
	 * Ends a doctor's connections and forgets the accounts.
	 *
	 * @param list<string> $messages Gets what could not be confirmed.
	 * @return int How much was removed.
	 */
	private function end_connections( int $user_id, array &$messages ): int {
		if ( Pause::is_on() ) {
			// They may be another site's, and without them meetings ahead could not be ended later.
			if ( null !== $this->doctors->own_app( $user_id ) || array() !== array_filter( Provider::cases(), fn( Provider $provider ): bool => $this->doctors->keeps_tokens( $provider, $user_id ) ) ) {
				$messages[] = __( 'The doctor\'s connections are kept, because KiviCare Telemed is paused on this site. Say whether the site has moved or is a copy, then erase again.', 'kivicare-telemed' );
			}
			return 0;
		}
		$removed = 0;
		foreach ( Provider::cases() as $provider ) {
			if ( ! $this->doctors->keeps_tokens( $provider, $user_id ) ) {
				continue;
			}
			++$removed;
			if ( ! $this->disconnection->disconnect( $user_id, $provider ) ) {
				/* translators: %s: Zoom or Google. */
				$messages[] = sprintf( __( '%s could not confirm the end of the connection. The doctor should remove the app in the account\'s settings too.', 'kivicare-telemed' ), $provider->company() );
			}
		}
		if ( null !== $this->doctors->own_app( $user_id ) ) {
			$this->doctors->drop_own_app( $user_id );
			++$removed;
		}
		$removed += (int) $this->people->erase( $user_id );
		// On a network these may be about a connection with another site.
		foreach ( is_multisite() && ! $this->is_alone( $user_id ) ? array() : self::METAS as $key ) {
			$removed += (int) delete_user_meta( $user_id, $key );
		}
		return $removed + $this->rows->drop_connections( $user_id );
	}

	/**
	 * Whether no other site of the network keeps a connection of the user.
	 */
	private function is_alone( int $user_id ): bool {
		$homes = array_map( static fn( Provider $provider ): string => (string) get_user_meta( $user_id, DoctorConnections::HOME . $provider->value, true ), Provider::cases() );
		return array() === array_diff( $homes, array( '', SharedMeta::site() ) );
	}
}
