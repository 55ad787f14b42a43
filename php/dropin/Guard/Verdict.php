<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * The guard's answer.
 */
final class Verdict
{
    /** Whether ours may stand in for theirs. */
    public readonly bool $ok;

    /**
     * @param list<Missing> $missing what stands against it
     */
    public function __construct(public readonly array $missing)
    {
        $this->ok = $missing === [];
    }

    /**
     * For a cache.
     */
    public function toJson(): string
    {
        return (string) json_encode(['missing' => $this->missing], JSON_INVALID_UTF8_SUBSTITUTE);
    }

    /**
     * Null where this is not what toJson() gave: then it has to be compared again.
     */
    public static function fromJson(string $json): ?self
    {
        $rows = json_decode($json, true)['missing'] ?? null;
        if (!is_array($rows)) {
            return null;
        }
        $missing = [];
        foreach ($rows as $row) {
            $kind = is_string($row['kind'] ?? null) ? Kind::tryFrom($row['kind']) : null;
            if ($kind === null || !is_string($row['name'] ?? null) || !is_string($row['why'] ?? null)) {
                return null;
            }
            $missing[] = new Missing($kind, $row['name'], $row['why']);
        }
        return new self($missing);
    }
}
