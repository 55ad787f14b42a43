<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\Dropin\Envelopes;
use DataMachine\Connections\LegacyEnvelope;

/**
 * Whether what the vault gives back is what the option holds: each place, by what a class would read there. Envelopes
 * are sealed anew each time, so they are compared by what is in them; one that does not open, as it stands.
 *
 * @internal
 */
final class Readback
{
    /** As many are named. */
    private const NAMED = 20;

    /** @var list<string> where the two differ, such as `reddit/principals/user:12/account/scope`; no content */
    public readonly array $differences;

    /**
     * @param array<array-key, mixed> $option
     * @param array<array-key, mixed> $back
     */
    public function __construct(
        #[\SensitiveParameter] array $option,
        #[\SensitiveParameter] array $back,
        #[\SensitiveParameter] private readonly string $salt,
    ) {
        $differences = [];
        foreach ($this->compare($option, $back, '') as $path) {
            $differences[] = $path;
            if (count($differences) === self::NAMED) {
                break;
            }
        }
        $this->differences = $differences;
    }

    /**
     * @param array<array-key, mixed> $option
     * @param array<array-key, mixed> $back
     *
     * @return \Generator<int, string>
     */
    private function compare(
        #[\SensitiveParameter] array $option,
        #[\SensitiveParameter] array $back,
        string $path,
    ): \Generator {
        foreach (array_keys($option + $back) as $key) {
            $here = $path === '' ? (string) $key : "{$path}/{$key}";
            if (!array_key_exists($key, $option) || !array_key_exists($key, $back)) {
                yield $here;
            } elseif (is_array($option[$key]) && is_array($back[$key])) {
                yield from $this->compare($option[$key], $back[$key], $here);
            } elseif (!$this->same($option[$key], $back[$key])) {
                yield $here;
            }
        }
    }

    private function same(#[\SensitiveParameter] mixed $one, #[\SensitiveParameter] mixed $other): bool
    {
        return $one === $other
            // Objects, which nobody instantiates, and NAN.
            || serialize($one) === serialize($other)
            || (is_string($one) && is_string($other) && $this->opened($one) === $this->opened($other));
    }

    private function opened(#[\SensitiveParameter] string $value): string
    {
        try {
            return Envelopes::is($value) ? LegacyEnvelope::open($this->salt, $value) : $value;
        } catch (\Throwable) {
            return $value;
        }
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['differences' => $this->differences];
    }
}
