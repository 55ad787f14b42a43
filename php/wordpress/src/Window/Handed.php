<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * What was handed out of the option in this request: what somebody writes is one of these, with changes.
 *
 * Each holds secrets, by the old plugin's rules some of them open: only ever in memory.
 *
 * @internal
 */
final class Handed
{
    /** Nobody is known to hold on to an older one. */
    private const KEPT = 4;

    /** @var list<array<array-key, mixed>> the newest last */
    private array $versions = [];

    /**
     * @param array<array-key, mixed> $version
     */
    public function remember(#[\SensitiveParameter] array $version): void
    {
        $this->versions = [
            ...array_slice(array_filter($this->versions, static fn (array $old) => $old !== $version), 1 - self::KEPT),
            $version,
        ];
    }

    /**
     * The one that somebody changed into what is written: that from which it differs in the fewest places.
     *
     * WordPress itself reads the option before it writes it, and others may have read it since the writer did. Each
     * time the vault moved on, another array was handed out, whose envelopes are all sealed anew: the writer's own is
     * near, any other is far.
     *
     * @param array<array-key, mixed> $written
     *
     * @return array<array-key, mixed>
     */
    public function nearest(#[\SensitiveParameter] array $written): array
    {
        $nearest = [];
        $least = PHP_INT_MAX;
        foreach ($this->versions as $version) {
            $distance = self::distance($version, $written);
            if ($distance <= $least) {
                [$nearest, $least] = [$version, $distance];
            }
        }
        return $nearest;
    }

    /**
     * In how many places two arrays differ.
     *
     * @param array<array-key, mixed> $one
     * @param array<array-key, mixed> $other
     */
    private static function distance(#[\SensitiveParameter] array $one, #[\SensitiveParameter] array $other): int
    {
        if ($one === $other) {
            return 0;
        }
        $places = 0;
        foreach (array_keys($one + $other) as $key) {
            $there = array_key_exists($key, $one) && array_key_exists($key, $other);
            [$left, $right] = [$one[$key] ?? null, $other[$key] ?? null];
            $places += match (true) {
                $there && $left === $right => 0,
                is_array($left) && is_array($right) => self::distance($left, $right),
                // A whole branch that is missing counts as all that is in it.
                default => max(1, self::size($left), self::size($right)),
            };
        }
        return $places;
    }

    private static function size(#[\SensitiveParameter] mixed $value): int
    {
        return is_array($value) ? count($value, COUNT_RECURSIVE) : 1;
    }

    /**
     * @return array<string, int>
     */
    public function __debugInfo(): array
    {
        return ['versions' => count($this->versions)];
    }
}
