<?php

declare(strict_types=1);

namespace App\baseClasses;

use Illuminate\Support\Collection;

/**
 * A builder on $wpdb. where() maps properties to columns, select() does not (contract §2.5); SQL errors give nothing
 * and throw nothing.
 */
class KCQueryBuilder {

	/** @var list<string> */
	private array $columns = array( '*' );

	/** @var list<string> */
	private array $conditions = array();

	private string $order = '';

	private string $range = '';

	private string $alias = '';

	private string $joins = '';

	private string $group = '';

	public function __construct( private string $modelClass ) {}

	public function select( array $columns ): self {
		$this->columns = array_merge( array_diff( $this->columns, array( '*' ) ), $columns );
		return $this;
	}

	public function where( $column, $operator = null, $value = null ): self {
		global $wpdb;
		if ( 2 === func_num_args() ) {
			list( $operator, $value ) = array( '=', $operator );
		}
		$this->conditions[] = $this->columnOf( $column ) . ' ' . $operator . ' ' . $wpdb->prepare( '%s', $value );
		return $this;
	}

	public function whereIn( string $column, array $values ): self {
		global $wpdb;
		$list               = implode( ', ', array_map( static fn( $value ) => $wpdb->prepare( '%s', $value ), $values ) );
		$this->conditions[] = $this->columnOf( $column ) . " IN ($list)";
		return $this;
	}

	public function orderBy( string $column, string $direction = 'ASC' ): self {
		$this->order = ' ORDER BY ' . $this->columnOf( $column ) . ' ' . ( 'DESC' === strtoupper( $direction ) ? 'DESC' : 'ASC' );
		return $this;
	}

	public function alias( string $alias ): self {
		$this->alias = ' ' . $alias;
		return $this;
	}

	public function leftJoin( $model, $first, $operator = null, $second = null, ?string $alias = null ): self {
		global $wpdb;
		$this->joins .= " LEFT JOIN {$wpdb->prefix}{$model::getSchema()['table_name']} $alias ON $first $operator $second";
		return $this;
	}

	public function groupBy( string $column ): self {
		$this->group = " GROUP BY $column";
		return $this;
	}

	public function offset( int $offset ): self {
		$this->range .= " OFFSET $offset";
		return $this;
	}

	public function limit( int $limit ): self {
		$this->range = ' LIMIT ' . $limit;
		return $this;
	}

	public function preparedSql(): string {
		return 'SELECT ' . implode( ', ', $this->columns ) . " FROM {$this->table()}{$this->alias}{$this->joins}" . $this->filter() . $this->group . $this->order . $this->range;
	}

	public function get(): Collection {
		global $wpdb;
		$rows = $wpdb->get_results( $this->preparedSql(), ARRAY_A );
		return new Collection( array_map( array( $this, 'hydrate' ), is_array( $rows ) ? $rows : array() ) );
	}

	public function first() {
		$this->limit( 1 );
		return $this->get()->first();
	}

	public function find( $id ) {
		return $this->where( 'id', $id )->first();
	}

	public function pluck( string $column, ?string $key = null ): array {
		$values = array();
		foreach ( $this->get() as $model ) {
			null === $key ? $values[] = $model->__get( $column ) : $values[ $model->__get( $key ) ] = $model->__get( $column );
		}
		return $values;
	}

	public function value( string $column ) {
		return $this->first()?->__get( $column );
	}

	public function count(): int {
		global $wpdb;
		return (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$this->table()}{$this->alias}" . $this->filter() );
	}

	public function create( array $data ) {
		$model = new $this->modelClass();
		foreach ( $data as $property => $value ) {
			$model->__set( $property, $value );
		}
		return $model->save();
	}

	public function update( array $data ): int {
		global $wpdb;
		$set = array();
		foreach ( $data as $property => $value ) {
			$set[] = $this->columnOf( $property ) . ' = ' . $wpdb->prepare( '%s', $value );
		}
		return (int) $wpdb->query( "UPDATE {$this->table()} SET " . implode( ', ', $set ) . $this->filter() );
	}

	public function delete(): int {
		global $wpdb;
		return (int) $wpdb->query( "DELETE FROM {$this->table()}" . $this->filter() );
	}

	private function table(): string {
		global $wpdb;
		return $wpdb->prefix . $this->modelClass::getSchema()['table_name'];
	}

	private function filter(): string {
		return $this->conditions ? ' WHERE ' . implode( ' AND ', $this->conditions ) : '';
	}

	private function columnOf( string $property ): string {
		return $this->modelClass::getSchema()['columns'][ $property ]['column'] ?? $property;
	}

	private function hydrate( array $row ): object {
		$model = new $this->modelClass();
		$properties = array_flip( array_column( $this->modelClass::getSchema()['columns'], 'column' ) );
		$names      = array_keys( $this->modelClass::getSchema()['columns'] );
		foreach ( $row as $column => $value ) {
			// Joined columns become properties under their own names.
			$model->__set( isset( $properties[ $column ] ) ? $names[ $properties[ $column ] ] : $column, $value );
		}
		return $model;
	}
}
