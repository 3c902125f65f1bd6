<?php

declare(strict_types=1);

namespace App\baseClasses;

use Illuminate\Support\Collection;

/**
 * A row with properties mapped to columns by the model's schema (contract §6, model API).
 */
abstract class KCBaseModel {

	/** @var array<class-string, array<string, mixed>> */
	private static array $schemas = array();

	/** @var array<string, mixed> Values by property. */
	protected array $attributes = array();

	protected static function initSchema(): array {
		return array();
	}

	public static function getSchema(): array {
		return self::$schemas[ static::class ] ??= static::initSchema();
	}

	public static function query(): KCQueryBuilder {
		return new KCQueryBuilder( static::class );
	}

	public static function table( string $alias ): KCQueryBuilder {
		return static::query()->alias( $alias );
	}

	public static function find( $id ) {
		return static::query()->find( $id );
	}

	public static function all(): Collection {
		return static::query()->get();
	}

	public static function create( array $data ) {
		return static::query()->create( $data );
	}

	public function update( array $data ): int|\WP_Error {
		foreach ( $data as $property => $value ) {
			$this->__set( $property, $value );
		}
		return $this->save();
	}

	public function __get( string $property ) {
		return $this->attributes[ $property ] ?? null;
	}

	public function __set( string $property, $value ) {
		$this->attributes[ $property ] = $value;
	}

	public function __isset( string $property ): bool {
		return isset( $this->attributes[ $property ] );
	}

	/**
	 * Writes the whole row, changed or not, as the real model does after hydration.
	 */
	public function save(): int|\WP_Error {
		global $wpdb;
		$row    = array();
		$schema = static::getSchema();
		foreach ( $schema['columns'] as $property => $column ) {
			if ( array_key_exists( $property, $this->attributes ) ) {
				$row[ $column['column'] ] = $this->attributes[ $property ];
			}
		}
		$table = $wpdb->prefix . $schema['table_name'];
		if ( empty( $row['id'] ) ) {
			return false === $wpdb->insert( $table, $row ) ? 0 : $this->attributes['id'] = (int) $wpdb->insert_id;
		}
		return false === $wpdb->update( $table, $row, array( 'id' => $row['id'] ) ) ? 0 : (int) $row['id'];
	}

	public function delete(): bool {
		global $wpdb;
		return (bool) $wpdb->delete( $wpdb->prefix . static::getSchema()['table_name'], array( 'id' => $this->attributes['id'] ) );
	}

	public function toArray(): array {
		return $this->attributes;
	}
}
