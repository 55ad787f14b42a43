<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * The old option's row in the database, past WordPress's hooks and caches: in `wp_options` of a single site, in
 * `wp_sitemeta` of a network.
 *
 * @internal
 */
final class OptionRow
{
    public const OPTION = 'datamachine_auth_data';

    private readonly \wpdb $database;
    /** @var array{table: string, name: string, value: string, where: array<string, string|int>} */
    private readonly array $place;

    public function __construct()
    {
        $this->database = $GLOBALS['wpdb'];
        $this->place = is_multisite() ? [
            'table' => $this->database->sitemeta,
            'name' => 'meta_key',
            'value' => 'meta_value',
            'where' => ['site_id' => get_current_network_id()],
        ] : [
            'table' => $this->database->options,
            'name' => 'option_name',
            'value' => 'option_value',
            'where' => [],
        ];
    }

    /**
     * What is stored, serialised; null where there is no row.
     *
     * @param bool $lock until the transaction that is under way ends, nobody else writes it
     */
    public function raw(bool $lock = false): ?string
    {
        ['table' => $table, 'value' => $value] = $this->place;
        [$where, $values] = $this->where();
        // A network has no unique key there: where there are several rows, WordPress takes the first.
        $query = "SELECT {$value} FROM {$table} WHERE {$where} LIMIT 1" . ($lock ? ' FOR UPDATE' : '');
        $found = $this->database->get_var($this->database->prepare($query, ...$values));
        return $found === null ? null : (string) $found;
    }

    /**
     * Makes a row with a stub where there is none: WordPress only ever updates or deletes one that is there.
     */
    public function ensure(): void
    {
        if ($this->raw() === null) {
            $this->put(serialize(Stub::make()));
        }
        $this->uncache();
    }

    /**
     * Writes the row as it is to be, past all hooks. The value may hold secrets: only for the way back.
     */
    public function write(#[\SensitiveParameter] string $serialised): bool
    {
        $written = $this->raw() === null
            ? $this->put($serialised)
            : $this->database->update($this->place['table'], [$this->place['value'] => $serialised], $this->key());
        $this->uncache();
        return $written !== false;
    }

    /**
     * Deletes the row: then WordPress answers that there was none to delete.
     */
    public function drop(): void
    {
        $this->database->delete($this->place['table'], $this->key());
        $this->uncache();
    }

    /**
     * Forgets what WordPress's object cache has of it, which may be another process's and older than the row; and
     * that it knows of no such option, which would let it insert one without asking.
     */
    public function uncache(): void
    {
        $network = get_current_network_id();
        foreach ([['', 'options'], ["{$network}:", 'site-options']] as [$prefix, $group]) {
            wp_cache_delete($prefix . self::OPTION, $group);
            $none = wp_cache_get("{$prefix}notoptions", $group);
            if (is_array($none) && isset($none[self::OPTION])) {
                unset($none[self::OPTION]);
                wp_cache_set("{$prefix}notoptions", $none, $group);
            }
        }
    }

    private function put(#[\SensitiveParameter] string $serialised): int|false
    {
        $row = $this->key() + [$this->place['value'] => $serialised];
        return $this->database->insert($this->place['table'], $row + (is_multisite() ? [] : ['autoload' => 'no']));
    }

    /**
     * @return array<string, string|int>
     */
    private function key(): array
    {
        return [$this->place['name'] => self::OPTION] + $this->place['where'];
    }

    /**
     * @return array{string, list<string|int>}
     */
    private function where(): array
    {
        $key = $this->key();
        $terms = array_map(
            static fn (string $column): string => $column . (is_int($key[$column]) ? ' = %d' : ' = %s'),
            array_keys($key)
        );
        return [implode(' AND ', $terms), array_values($key)];
    }
}
