<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Compat;

use App\baseClasses\KCBaseModel;
use App\baseClasses\KCQueryBuilder;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\KiviCare\CommittedDatabase;

/**
 * What the two mapping models share. KiviCare's naming (camelCase properties) is part of its contract.
 */
abstract class MappingModel extends KCBaseModel {

	/**
	 * Provider id in the extension's store.
	 */
	abstract public static function provider(): string;

	/**
	 * Property => key of a native mapping row.
	 *
	 * @return array<string, string>
	 */
	abstract public static function native_keys(): array;

	public static function query(): KCQueryBuilder {
		return new MappingQuery( static::class );
	}

	/**
	 * A model from a row of the extension's store.
	 *
	 * @param array<string, mixed> $row Native mapping row.
	 */
	public static function from_native( array $row ): static {
		$model                = new static();
		$model->appointmentId = (int) $row['appointment_id'];
		foreach ( static::native_keys() as $property => $key ) {
			$model->__set( $property, (string) ( $row[ $key ] ?? '' ) );
		}
		return $model;
	}

	/**
	 * Saves. A model from the native store has no row id yet; without it the parent would insert a second row.
	 */
	public function save(): int|\WP_Error {
		global $wpdb;
		if ( empty( $this->id ) && ! empty( $this->appointmentId ) ) {
			$table = $wpdb->prefix . static::getSchema()['table_name'];
			try {
				// Another connection sees what the extension committed; a locking read could deadlock with other bookings.
				$own = CommittedDatabase::reader();
				// phpcs:ignore WordPress.DB
				$this->id = (int) $own->get_var( $own->prepare( "SELECT id FROM {$table} WHERE appointment_id = %d", $this->appointmentId ) ) ?: null;
			} catch ( BridgeException ) {
				return 0;
			}
		}
		return parent::save();
	}

	/**
	 * Schema in KiviCare's form.
	 *
	 * @param string                $table   Table name without prefix.
	 * @param array<string, string> $columns Property => text column.
	 * @return array<string, mixed>
	 */
	protected static function schema( string $table, array $columns ): array {
		$schema = array(
			'id'            => array( 'column' => 'id', 'type' => 'bigint', 'auto_increment' => true, 'nullable' => false ),
			'appointmentId' => array( 'column' => 'appointment_id', 'type' => 'bigint', 'nullable' => false ),
		);
		foreach ( $columns + array( 'password' => 'password', 'extra' => 'extra', 'createdAt' => 'created_at', 'updatedAt' => 'updated_at' ) as $property => $column ) {
			// No sanitizers: sanitize_text_field() strips %xx from URLs.
			$schema[ $property ] = array( 'column' => $column, 'type' => 'string', 'nullable' => true );
			// The provider's ids are never NULL in the tables.
			if ( str_ends_with( $column, '_id' ) || str_ends_with( $column, '_uuid' ) ) {
				$schema[ $property ]['default'] = '';
			}
		}
		return array(
			'table_name'   => $table,
			'primary_key'  => 'id',
			'columns'      => $schema,
			'timestamps'   => true,
			'soft_deletes' => false,
		);
	}
}
