<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One page of a listing.
 *
 * @template T of object
 * @implements \IteratorAggregate<int, T>
 */
final class Page implements \IteratorAggregate, \Countable
{
    /**
     * @internal
     *
     * @param list<T>     $rows
     * @param string|null $next what to give as `after` for the next page; null on the last one
     */
    public function __construct(public readonly array $rows, public readonly ?string $next)
    {
    }

    /**
     * @return \ArrayIterator<int, T>
     */
    public function getIterator(): \ArrayIterator
    {
        return new \ArrayIterator($this->rows);
    }

    /**
     * How many rows this page has.
     */
    public function count(): int
    {
        return count($this->rows);
    }
}
