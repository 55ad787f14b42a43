<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Dropin\Admission;
use DataMachine\Connections\Dropin\Names;
use DataMachine\Connections\Dropin\Principals;
use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Dropin\Runtime;

/**
 * The option for an agent in mode `enforce`: the accounts that its grants let it have, and no other. Each of these
 * counts as used, since nobody knows which of them the reader is after.
 *
 * App configs and delegations stay: the drop-in classes do not ask about these either. What else is in the option can
 * have no grant. Nothing that is missing here is missing for a writer: what was not handed out was not taken away.
 *
 * @internal
 */
final class Permitted
{
    /** As many as the library decides about in one call. */
    private const AT_ONCE = 1000;
    private const OTHERS = ['config' => true, 'delegations' => true];
    private const SLUG = '/^[a-z0-9_-]{1,64}$/D';

    /**
     * @param array<array-key, mixed> $option
     *
     * @return array<array-key, mixed>
     */
    public static function of(#[\SensitiveParameter] array $option): array
    {
        $permitted = [];
        foreach (array_filter($option, is_array(...)) as $provider => $slots) {
            $permitted[$provider] = array_intersect_key($slots, self::OTHERS);
        }
        foreach (self::allowed(self::places($option)) as [$path, $value]) {
            $permitted = self::put($permitted, $path, $value);
        }
        return array_filter($permitted);
    }

    /**
     * Every account: where it is, whose it is, and what it is.
     *
     * @param array<array-key, mixed> $option
     *
     * @return \Generator<int, array{list<string|int>, string, string, mixed}> path, owner, account name, value
     */
    private static function places(#[\SensitiveParameter] array $option): \Generator
    {
        foreach (array_filter($option, is_array(...)) as $provider => $slots) {
            if (preg_match(self::SLUG, (string) $provider) !== 1) {
                continue;
            }
            yield from self::accounts([$provider], Principals::SITE, $slots);
            foreach (self::list($slots, 'principals') as $owner => $owned) {
                if (Principals::parts((string) $owner) !== null && is_array($owned)) {
                    yield from self::accounts([$provider, 'principals', $owner], (string) $owner, $owned);
                }
            }
        }
    }

    /**
     * @param list<string|int>        $path
     * @param array<array-key, mixed> $slots
     *
     * @return \Generator<int, array{list<string|int>, string, string, mixed}>
     */
    private static function accounts(array $path, string $owner, #[\SensitiveParameter] array $slots): \Generator
    {
        if (isset($slots['account'])) {
            yield [[...$path, 'account'], $owner, Names::DEFAULT, $slots['account']];
        }
        foreach (self::list($slots, 'accounts') as $name => $account) {
            if (Names::normalize((string) $name) === (string) $name) {
                yield [[...$path, 'accounts', $name], $owner, (string) $name, $account];
            }
        }
    }

    /**
     * @param iterable<array{list<string|int>, string, string, mixed}> $places
     *
     * @return \Generator<int, array{list<string|int>, mixed}> path and value
     */
    private static function allowed(#[\SensitiveParameter] iterable $places): \Generator
    {
        $request = ActingRequest::current();
        foreach (array_chunk([...$places], self::AT_ONCE) as $chunk) {
            $wanted = array_map(static fn (array $place): array => [
                'provider' => (string) $place[0][0],
                'owner' => $place[1],
                'account' => $place[2],
            ], $chunk);
            // Names, so that a list is none; most of an option is nothing to an agent, and asked about cheaply.
            $names = array_map(static fn (int $number): string => "place {$number}", array_keys($wanted));
            $decisions = Runtime::vault()->access()->tools($request, array_combine($names, $wanted));
            foreach ($chunk as $number => [$path, $owner, $account, $value]) {
                if ($decisions["place {$number}"]->allowed && self::admitted((string) $path[0], $owner, $account)) {
                    yield [$path, $value];
                }
            }
        }
    }

    private static function admitted(string $provider, string $owner, string $account): bool
    {
        try {
            return Admission::ask($provider, $owner, $account);
        } catch (Refusal) {
            return false;
        }
    }

    /**
     * @param array<array-key, mixed> $slots
     *
     * @return array<array-key, mixed>
     */
    private static function list(#[\SensitiveParameter] array $slots, string $slot): array
    {
        return is_array($slots[$slot] ?? null) ? $slots[$slot] : [];
    }

    /**
     * @param array<array-key, mixed> $tree
     * @param list<string|int>        $path
     *
     * @return array<array-key, mixed>
     */
    private static function put(
        #[\SensitiveParameter] array $tree,
        array $path,
        #[\SensitiveParameter] mixed $value,
    ): array {
        $key = array_shift($path);
        $tree[$key] = $path === [] ? $value : self::put((array) ($tree[$key] ?? []), $path, $value);
        return $tree;
    }
}
