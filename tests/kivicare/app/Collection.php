<?php

declare(strict_types=1);

namespace Illuminate\Support;

/**
 * As much of a collection as models and their callers use.
 */
class Collection implements \IteratorAggregate, \Countable {

	/**
	 * @param array<int, mixed> $items Items.
	 */
	public function __construct( private array $items = array() ) {}

	public function first(): mixed {
		return $this->items[0] ?? null;
	}

	/**
	 * @return array<int, mixed>
	 */
	public function all(): array {
		return $this->items;
	}

	/**
	 * @return array<int, mixed>
	 */
	public function toArray(): array {
		return array_map( static fn( $item ) => $item->toArray(), $this->items );
	}

	public function count(): int {
		return count( $this->items );
	}

	public function isEmpty(): bool {
		return array() === $this->items;
	}

	public function getIterator(): \Iterator {
		return new \ArrayIterator( $this->items );
	}
}
