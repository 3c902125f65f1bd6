<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Connect;

use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Install\Schema;

/**
 * The SQL of approved Zoom users. A table of this site, and not user meta: what a profile form, a REST field or another
 * site of the network can write does not decide whose account acts.
 */
final class ZoomUserBook {

	private const COLUMNS = 'doctor_id, zoom_user_id, address, account_id, reason, approved_by, approved_at, asked_at';

	/**
	 * Version of the schema that brought the table.
	 */
	private const SINCE = 5;

	/**
	 * Rows read in this request; null for none. By table, since a process may visit several sites.
	 *
	 * @var array<string, array<int, ZoomUser|null>>
	 */
	private array $read = array();

	public function find( int $doctor_id ): ?ZoomUser {
		$this->prime( array( $doctor_id ) );
		return $this->read[ $this->table() ][ $doctor_id ] ?? null;
	}

	/**
	 * Reads many at once.
	 *
	 * @param list<int> $doctor_ids Doctors.
	 */
	public function prime( array $doctor_ids ): void {
		$table = $this->table();
		$ids   = array_values( array_diff( array_unique( array_map( 'intval', $doctor_ids ) ), array_keys( $this->read[ $table ] ?? array() ) ) );
		if ( array() === $ids || ! $this->is_there() ) {
			return;
		}
		$this->read[ $table ] = ( $this->read[ $table ] ?? array() ) + array_fill_keys( $ids, null );
		$marks                = implode( ', ', array_fill( 0, count( $ids ), '%d' ) );
		foreach ( $this->rows( "doctor_id IN ({$marks})", ...$ids ) as $user ) {
			$this->read[ $table ][ $user->doctor_id ] = $user;
		}
	}

	/**
	 * Those approved for an account that Zoom has not told yet and was not asked for lately, oldest question first.
	 *
	 * @return list<ZoomUser>
	 */
	public function waiting( string $account_id, int $asked_before, int $limit ): array {
		return $this->is_there() ? $this->rows( "zoom_user_id = '' AND address <> '' AND approved_at > 0 AND account_id = %s AND asked_at < %d ORDER BY asked_at LIMIT %d", $account_id, $asked_before, $limit ) : array();
	}

	/**
	 * Another doctor who is this Zoom user, 0 for none.
	 */
	public function other_doctor( string $zoom_user_id, int $doctor_id ): int {
		$others = $this->rows( 'zoom_user_id = %s AND doctor_id <> %d LIMIT 1', $zoom_user_id, $doctor_id );
		return array() === $others ? 0 : $others[0]->doctor_id;
	}

	/**
	 * Writes a row over whatever there is.
	 *
	 * @throws \RuntimeException When the table is not there yet.
	 */
	public function put( ZoomUser $user ): void {
		$this->write( 'REPLACE', $user );
	}

	/**
	 * Keeps Zoom's answer about an address, if that is still what is approved.
	 *
	 * @param ZoomUser $asked The row that was asked for.
	 */
	public function answer( ZoomUser $asked, ZoomUser $answer ): bool {
		$this->forget( $asked->doctor_id );
		// phpcs:ignore WordPress.DB
		return $this->is_there() && (int) self::db()->query( self::db()->prepare( "UPDATE {$this->table()} SET zoom_user_id = %s, address = %s, reason = %s, asked_at = %d WHERE doctor_id = %d AND zoom_user_id = '' AND address = %s AND account_id = %s AND approved_at = %d", $answer->id, $answer->address, $answer->reason, $answer->asked_at, $asked->doctor_id, $asked->address, $asked->account_id, $asked->approved_at ) ) > 0;
	}

	/**
	 * Writes a row where there is none.
	 */
	public function add( ZoomUser $user ): bool {
		return $this->is_there() && 1 === $this->write( 'INSERT IGNORE', $user );
	}

	/**
	 * Lets no approval count any more. Who was asked for by which address stays: another one may be the doctor's choice.
	 */
	public function expire(): void {
		$this->read = array();
		// phpcs:ignore WordPress.DB
		$this->is_there() && self::db()->query( self::db()->prepare( "UPDATE {$this->table()} SET zoom_user_id = '', account_id = '', reason = %s, approved_by = 0, approved_at = 0 WHERE reason <> %s", ZoomUser::ANOTHER_ACCOUNT, ZoomUser::UNREVIEWED ) );
	}

	public function drop( int $doctor_id ): int {
		$this->forget( $doctor_id );
		// Deleting what is not there would lock a gap, and KiviCare may have a transaction open.
		$known = $this->find( $doctor_id );
		$this->forget( $doctor_id );
		if ( null === $known ) {
			return 0;
		}
		// phpcs:ignore WordPress.DB
		return (int) self::db()->query( self::db()->prepare( "DELETE FROM {$this->table()} WHERE doctor_id = %d", $doctor_id ) );
	}

	/**
	 * Reads the doctor's row anew next time.
	 */
	public function forget( int $doctor_id ): void {
		unset( $this->read[ $this->table() ][ $doctor_id ] );
	}

	private function write( string $verb, ZoomUser $user ): int {
		if ( ! $this->is_there() ) {
			throw new \RuntimeException( 'the table of Zoom users is missing; open wp-admin once, or run any wp command' );
		}
		$this->forget( $user->doctor_id );
		$values = array( $user->doctor_id, $user->id, $user->address, $user->account_id, $user->reason, $user->approved_by, $user->approved_at, $user->asked_at );
		// phpcs:ignore WordPress.DB
		return (int) self::db()->query( self::db()->prepare( "{$verb} INTO {$this->table()} (" . self::COLUMNS . ') VALUES (%d, %s, %s, %s, %s, %d, %d, %d)', ...$values ) );
	}

	/**
	 * Rows where a condition holds.
	 *
	 * @return list<ZoomUser>
	 */
	private function rows( string $where, int|string ...$values ): array {
		// phpcs:ignore WordPress.DB
		$rows = (array) self::db()->get_results( self::db()->prepare( 'SELECT ' . self::COLUMNS . " FROM {$this->table()} WHERE {$where}", ...$values ), ARRAY_A );
		return array_values( array_map( array( self::class, 'of' ), $rows ) );
	}

	/**
	 * A row as an object.
	 *
	 * @param array<string, string|null> $row Of the table.
	 */
	private static function of( array $row ): ZoomUser {
		return new ZoomUser(
			(int) $row['doctor_id'],
			(string) $row['zoom_user_id'],
			(string) $row['address'],
			(string) $row['account_id'],
			(string) $row['reason'],
			(int) $row['approved_by'],
			(int) $row['approved_at'],
			(int) $row['asked_at']
		);
	}

	private function is_there(): bool {
		return (int) get_option( Installer::SCHEMA_VERSION, 0 ) >= self::SINCE;
	}

	/**
	 * The connection that stands for $wpdb now: work after the response has another one.
	 */
	private static function db(): \wpdb {
		return $GLOBALS['wpdb'];
	}

	private function table(): string {
		return self::db()->prefix . Schema::ZOOM_USERS;
	}
}
