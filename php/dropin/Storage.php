<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\Exception\ConflictException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\Saved;
use DataMachine\Connections\SaveOptions;

/**
 * A provider's accounts and app configs in the vault. One call of the library each; nothing is thrown.
 *
 * Reads tell three answers apart: a document, null (there is none), and false (there is one, or may be, and it cannot
 * be read). Whoever falls back to another owner's account does so on null only.
 *
 * @internal
 */
final class Storage
{
    /** Owner and name of the site's account. */
    public const SITES = [Principals::SITE, Names::DEFAULT];

    /** How often an update is begun anew when the account comes and goes beneath it. */
    private const TRIES = 5;

    /** @var array<int, Renewing> what classes are renewing in this process, the innermost last */
    private static array $renewing = [];

    /**
     * @return array<array-key, mixed>|false|null
     */
    public static function account(string $provider, string $owner, string $account = 'default'): array|false|null
    {
        return Failures::guard($provider, static function () use ($provider, $owner, $account): array|false|null {
            $asks = Running::asks() && self::renewal($provider, $owner, $account) === null;
            if ($asks && !Admission::ask($provider, $owner, $account)) {
                return null;
            }
            return self::document($provider, $owner, Runtime::vault()->members($provider, $owner, $account));
        }, false);
    }

    /**
     * @return array<array-key, mixed>|false|null
     */
    public static function config(string $provider, string $owner): array|false|null
    {
        return Failures::guard($provider, static function () use ($provider, $owner): array|false|null {
            return self::document($provider, $owner, Runtime::vault()->configs()->members($provider, $owner));
        }, false);
    }

    /**
     * All accounts of a name, the site's first.
     *
     * @return array<string, array<array-key, mixed>> by owner
     */
    public static function named(string $provider, string $account): array
    {
        return Failures::guard($provider, static function () use ($provider, $account): array {
            $vault = Runtime::vault();
            $found = [];
            foreach ($vault->all(['provider' => $provider, 'account' => $account]) as $row) {
                $document = Failures::alongside($provider, static function () use ($vault, $row): array|false|null {
                    if (Running::asks() && !Admission::ask($row->provider, $row->owner, $row->account)) {
                        return null;
                    }
                    $found = $vault->members($row->provider, $row->owner, $row->account);
                    return self::document($row->provider, $row->owner, $found);
                }, false);
                if (is_array($document)) {
                    $found[$row->owner] = $document;
                }
            }
            $site = array_intersect_key($found, [Principals::SITE => true]);
            return $site + $found;
        }, []);
    }

    /**
     * Writes a whole account. An empty one is none: it is deleted.
     *
     * @param array<array-key, mixed> $document
     */
    public static function saveAccount(
        string $provider,
        string $owner,
        #[\SensitiveParameter] array $document,
        string $account,
        SaveOptions $options,
    ): bool {
        return Failures::guard($provider, static function () use ($provider, $owner, $document, $account, $options) {
            $vault = Runtime::vault();
            $document === []
                ? $vault->delete($provider, $owner, $account)
                : self::saving(
                    self::renewal($provider, $owner, $account),
                    $options,
                    static fn (array $options) => $vault->save($provider, $owner, $document, $account, $options)
                );
            return true;
        }, false);
    }

    /**
     * Writes some members of an account, which is made where there is none.
     *
     * @param array<array-key, mixed> $patch
     * @param SaveOptions             $merged where it is there
     * @param SaveOptions             $new    where it is not; they say so (`ifRevision: 0`)
     */
    public static function updateAccount(
        string $provider,
        string $owner,
        #[\SensitiveParameter] array $patch,
        string $account,
        SaveOptions $merged,
        SaveOptions $new,
    ): bool {
        $row = [$provider, $owner, $account];
        return Failures::guard($provider, static function () use ($row, $patch, $merged, $new): bool {
            [$provider, $owner, $account] = $row;
            $vault = Runtime::vault();
            $merge = static fn (array $options) => $vault->merge($provider, $owner, $patch, $account, $options);
            for ($tries = self::TRIES; true; $tries--) {
                try {
                    self::saving(self::renewal(...$row), $merged, $merge);
                    return true;
                } catch (NotFoundException) {
                    if ($patch === []) {
                        return true;
                    }
                }
                try {
                    $vault->save($provider, $owner, $patch, $account, $new);
                    return true;
                } catch (ConflictException $moved) {
                    // Somebody connected it in between: the patch belongs on top of that.
                    if ($tries === 1) {
                        throw $moved;
                    }
                }
            }
        }, false);
    }

    /**
     * Deletes an account; true also where there was none.
     */
    public static function deleteAccount(string $provider, string $owner, string $account = 'default'): bool
    {
        return Failures::guard($provider, static function () use ($provider, $owner, $account): bool {
            Runtime::vault()->delete($provider, $owner, $account);
            return true;
        }, false);
    }

    /**
     * Writes a whole app config. An empty one is none: it is deleted.
     *
     * @param array<array-key, mixed> $document
     */
    public static function saveConfig(
        string $provider,
        string $owner,
        #[\SensitiveParameter] array $document,
        SaveOptions $options,
    ): bool {
        return Failures::guard($provider, static function () use ($provider, $owner, $document, $options): bool {
            $document === []
                ? Runtime::vault()->configs()->delete($provider, $owner)
                : Runtime::vault()->configs()->save($provider, $owner, $document, $options);
            return true;
        }, false);
    }

    /**
     * Deletes all that an owner has of a provider: account, app config and named accounts.
     */
    public static function clear(string $provider, string $owner): bool
    {
        return Failures::guard($provider, static function () use ($provider, $owner): bool {
            Runtime::vault()->clearOwner($owner, $provider);
            return true;
        }, false);
    }

    /**
     * From now on a class is being asked to renew.
     */
    public static function begins(Renewing $renewing): void
    {
        self::$renewing[spl_object_id($renewing)] = $renewing;
    }

    /**
     * It answered.
     */
    public static function ended(Renewing $renewing): void
    {
        unset(self::$renewing[spl_object_id($renewing)]);
    }

    /**
     * The account without a name or an owner: the site's. Of a class that answers for the renewal of another one, that.
     *
     * @return array{string, string} owner and account name
     */
    public static function place(object $provider): array
    {
        return self::renewalBy($provider)?->place() ?? self::SITES;
    }

    /**
     * The renewal that a provider's class is answering for; null for none.
     */
    public static function renewalBy(object $provider): ?Renewing
    {
        foreach (array_reverse(self::$renewing) as $renewing) {
            if ($renewing->provider === $provider && $renewing->runs()) {
                return $renewing;
            }
        }
        return null;
    }

    private static function renewal(string $provider, string $owner, string $account): ?Renewing
    {
        foreach (self::$renewing as $renewing) {
            if ($renewing->is($provider, $owner, $account) && $renewing->runs()) {
                return $renewing;
            }
        }
        return null;
    }

    /**
     * Saves what a class may be renewing.
     *
     * @param \Closure(array<string, mixed>): Saved $save
     */
    private static function saving(
        #[\SensitiveParameter] ?Renewing $renewing,
        SaveOptions $options,
        #[\SensitiveParameter] \Closure $save,
    ): void {
        $saved = $save(($renewing === null ? [] : ['renewed' => true]) + $options->toArray());
        $renewing?->savedAs($saved->revision);
    }

    /**
     * How a row's document is to be taken.
     *
     * @param array{array<array-key, mixed>, list<string>}|null $members as the vault gives them
     *
     * @return array<array-key, mixed>|false|null
     */
    private static function document(
        string $provider,
        string $owner,
        #[\SensitiveParameter] ?array $members,
    ): array|false|null {
        if ($members === null) {
            return null;
        }
        [$document, $quarantined] = $members;
        if ($quarantined === []) {
            return $document === [] ? null : $document;
        }
        Failures::note($provider, new Refusal('quarantined', self::quarantine($provider, $owner, $quarantined)));
        return $document === [] ? false : $document;
    }

    /**
     * @param list<string> $quarantined
     */
    private static function quarantine(string $provider, string $owner, array $quarantined): string
    {
        $members = implode(', ', $quarantined);
        return "{$provider} of {$owner}: {$members} came from the old option in an envelope that does not"
            . ' open, and is not handed out. Import again with the salt of that time, or connect the account again.';
    }
}
