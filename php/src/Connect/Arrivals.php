<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\AfterResponse;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Rest\Gate;

/**
 * Doctors who are new, or have another address: who entered it decides whether it may become a Zoom user. KiviCare saves
 * people inside its transactions, so listeners only remember; rows are written after the response, for people who are
 * there then.
 */
final class Arrivals implements Registerable {

	/**
	 * Rows to add, by site and doctor; null for a user who was deleted.
	 *
	 * @var array<int, array<int, ZoomUser|null>>
	 */
	private array $rows = array();

	public function __construct(
		private readonly Settings $settings,
		private readonly ZoomUserBook $book
	) {}

	public function register(): void {
		add_action( 'set_user_role', array( $this, 'joined' ), 10, 3 );
		add_action( 'add_user_role', array( $this, 'joined' ), 10, 2 );
		add_action( 'profile_update', array( $this, 'moved' ), 10, 2 );
		add_action( 'deleted_user', array( $this, 'gone' ) );
		// Before work that takes its time.
		add_action( 'shutdown', array( $this, 'write_later' ), 800 );
	}

	/**
	 * A doctor is new. Where the settings say so, an administrator who adds one thereby approves the address; one that
	 * somebody else has entered waits for an administrator.
	 *
	 * @param mixed $user_id User.
	 * @param mixed $role    Role.
	 * @param mixed $former  Roles before.
	 */
	public function joined( $user_id, $role, $former = array() ): void {
		if ( Gate::DOCTOR !== $role || in_array( $role, (array) $former, true ) ) {
			return;
		}
		$user = get_userdata( (int) $user_id );
		if ( $user && ! self::decides() ) {
			$this->remember( new ZoomUser( $user->ID, reason: ZoomUser::UNREVIEWED ) );
		} elseif ( $user && $this->settings->is_clinic_wide() && ZoomOffers::ALL === $this->settings->zoom()['doctors'] ) {
			$this->remember( ZoomUser::approved( $user->ID, $user->user_email, $this->settings->app_keys()['account_id'] ) );
		}
	}

	/**
	 * An address changed. What is approved stays as it is; what is not must be looked at first when its doctor chose it.
	 *
	 * @param mixed $user_id User.
	 * @param mixed $before  The user before.
	 */
	public function moved( $user_id, $before ): void {
		$user = get_userdata( (int) $user_id );
		if ( $user && $before instanceof \WP_User && $user->user_email !== $before->user_email && Gate::is_doctor( $user->ID ) && ! self::decides() ) {
			$this->remember( new ZoomUser( $user->ID, reason: ZoomUser::UNREVIEWED ) );
		}
	}

	/**
	 * A user was deleted: nobody else may have to wait for the same Zoom user.
	 *
	 * @param mixed $user_id User.
	 */
	public function gone( $user_id ): void {
		$this->rows[ get_current_blog_id() ][ (int) $user_id ] = null;
	}

	/**
	 * Writes what is remembered, after the response.
	 */
	public function write_later(): void {
		array() === $this->rows || AfterResponse::work( $this->write( ... ) );
	}

	/**
	 * Writes what is remembered, on whatever $wpdb is now.
	 */
	public function write(): void {
		$rows       = $this->rows;
		$this->rows = array();
		foreach ( $rows as $site => $users ) {
			$elsewhere = is_multisite() && get_current_blog_id() !== $site && switch_to_blog( $site );
			array_map( $this->settle( ... ), array_keys( $users ), $users );
			$elsewhere && restore_current_blog();
		}
	}

	private function remember( ZoomUser $user ): void {
		$site = get_current_blog_id();
		// An address that its doctor changed right after it was approved is not the approved one.
		if ( ! isset( $this->rows[ $site ][ $user->doctor_id ] ) || ZoomUser::UNREVIEWED === $user->reason ) {
			$this->rows[ $site ][ $user->doctor_id ] = $user;
		}
	}

	/**
	 * Adds or drops a row, unless KiviCare has taken the doctor or the deletion back.
	 */
	private function settle( int $doctor_id, ?ZoomUser $user ): void {
		// What is cached may have been read inside the transaction.
		clean_user_cache( $doctor_id );
		if ( null === $user ) {
			get_userdata( $doctor_id ) || $this->book->drop( $doctor_id );
		} elseif ( Gate::is_doctor( $doctor_id ) ) {
			$this->book->add( $user );
		}
	}

	/**
	 * Whether whoever acts may decide which Zoom user a doctor is.
	 */
	private static function decides(): bool {
		return current_user_can( 'manage_options' ) || ( 'cli' === PHP_SAPI && ! wp_doing_cron() );
	}
}
