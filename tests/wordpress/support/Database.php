<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * One site's database, past WordPress.
 */
final class Database
{
    private const START_SECONDS = 60;

    private static ?\mysqli $server = null;

    public function __construct(public readonly string $name)
    {
    }

    /** The server's socket, see scripts/database.sh. */
    public static function socket(): string
    {
        return Template::directory() . '/mariadb.sock';
    }

    /** Waits for the server to answer. */
    public static function server(): \mysqli
    {
        $until = microtime(true) + self::START_SECONDS;
        while (self::$server === null) {
            try {
                self::$server = new \mysqli('localhost', 'root', '', '', 0, self::socket());
                self::$server->set_charset('utf8mb4');
            } catch (\mysqli_sql_exception $refused) {
                if (microtime(true) > $until) {
                    throw $refused;
                }
                usleep(20_000);
            }
        }
        return self::$server;
    }

    /** A new one with everything that is in another. */
    public static function copy(self $from, string $name): self
    {
        $copy = new self($name);
        self::server()->query("CREATE DATABASE `{$name}` CHARACTER SET utf8mb4");
        foreach ($from->tables() as $table) {
            self::server()->query("CREATE TABLE `{$name}`.`{$table}` LIKE `{$from->name}`.`{$table}`");
            self::server()->query("INSERT INTO `{$name}`.`{$table}` SELECT * FROM `{$from->name}`.`{$table}`");
        }
        return $copy;
    }

    public function exists(): bool
    {
        $query = 'SELECT 1 FROM information_schema.schemata WHERE schema_name = ?';
        return self::server()->execute_query($query, [$this->name])->num_rows > 0;
    }

    public function drop(): void
    {
        self::server()->query("DROP DATABASE IF EXISTS `{$this->name}`");
    }

    /**
     * @return list<string>
     */
    public function tables(): array
    {
        return array_column(self::server()->query("SHOW TABLES FROM `{$this->name}`")->fetch_all(), 0);
    }

    /**
     * Runs one statement.
     *
     * @param list<mixed> $values for its question marks
     *
     * @return list<array<string, mixed>> its rows
     */
    public function query(string $statement, array $values = []): array
    {
        self::server()->select_db($this->name);
        $result = self::server()->execute_query($statement, $values);
        return $result instanceof \mysqli_result ? $result->fetch_all(MYSQLI_ASSOC) : [];
    }

    /**
     * Where a text is, in any column of any table.
     *
     * @return list<string> `table.column (first column's value)`
     */
    public function search(string $text): array
    {
        $found = [];
        foreach ($this->tables() as $table) {
            foreach ($this->query("SELECT * FROM `{$table}`") as $row) {
                foreach ($row as $column => $value) {
                    if (str_contains((string) $value, $text)) {
                        $found[] = "{$table}.{$column} (" . reset($row) . ')';
                    }
                }
            }
        }
        return $found;
    }
}
