<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

/**
 * A table of Data Machine's: rows by their id, values as a database gives them.
 */
trait Rows
{
    /**
     * Writes columns of a row, which is made where it is not there.
     *
     * @param array<string, ?string> $columns
     */
    public static function put(int $id, array $columns): void
    {
        $rows = &self::rows();
        $rows[$id] = $columns + ($rows[$id] ?? []);
    }

    /**
     * @return array<string, ?string>|null
     */
    public static function row(int $id): ?array
    {
        return self::rows()[$id] ?? null;
    }

    public static function forget(): void
    {
        $rows = &self::rows();
        array_splice($rows, 0);
    }

    /**
     * @return array<int, array<string, ?string>>
     */
    private static function &rows(): array
    {
        static $rows = [];
        return $rows;
    }
}
