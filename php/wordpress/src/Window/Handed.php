<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

use DataMachine\Connections\Dropin\Envelopes;

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
    /** @var array<array-key, mixed> what was handed out last */
    private array $last = [];
    /** @var array<array-key, mixed> what was handed out before that */
    private array $before = [];

    /**
     * @param array<array-key, mixed> $version
     */
    public function remember(#[\SensitiveParameter] array $version): void
    {
        $first = $this->versions === [];
        $this->versions = [
            ...array_slice(array_filter($this->versions, static fn (array $old) => $old !== $version), 1 - self::KEPT),
            $version,
        ];
        [$this->before, $this->last] = [$first ? $version : $this->last, $version];
    }

    /**
     * The one that somebody changed into what is written.
     *
     * WordPress itself reads the option before it writes it, so it is what was handed out before that. Who holds on to
     * another one gives that away by its envelopes, which are sealed anew each time that the option is built. How much
     * else differs says nothing: who deletes what was just saved writes what was there before.
     *
     * @param array<array-key, mixed> $written
     *
     * @return array<array-key, mixed>
     */
    public function base(#[\SensitiveParameter] array $written): array
    {
        $base = $this->before;
        $most = self::shared($base, $written);
        foreach ($this->versions as $version) {
            $shared = self::shared($version, $written);
            if ($shared > $most) {
                [$base, $most] = [$version, $shared];
            }
        }
        return $base;
    }

    /**
     * How many envelopes two arrays have in common.
     *
     * @param array<array-key, mixed> $one
     * @param array<array-key, mixed> $other
     */
    private static function shared(#[\SensitiveParameter] array $one, #[\SensitiveParameter] array $other): int
    {
        $shared = 0;
        foreach (array_intersect_key($one, $other) as $key => $value) {
            $shared += match (true) {
                is_array($value) && is_array($other[$key]) => self::shared($value, $other[$key]),
                default => (int) (is_string($value) && $value === $other[$key] && Envelopes::is($value)),
            };
        }
        return $shared;
    }

    /**
     * @return array<string, int>
     */
    public function __debugInfo(): array
    {
        return ['versions' => count($this->versions)];
    }
}
