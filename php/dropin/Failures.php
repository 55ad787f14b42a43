<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\ConflictException;
use DataMachine\Connections\Exception\IntegrityException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;
use DataMachine\Connections\Exception\InvalidHandleException;
use DataMachine\Connections\Exception\KeyUnavailableException;
use DataMachine\Connections\Exception\TooLargeException;

/**
 * Callers of the drop-in get null, [] or false and no exception. The reason is kept here, and logged once per request.
 *
 * Kept by slug and not in the provider objects: these are dumped, compared and serialised by others. What closures
 * capture and exceptions trace would show in the trace of a log hook that throws; so both are sensitive here.
 *
 * @internal
 */
final class Failures
{
    /** Kinds that concern one provider's row; any other concerns the store, and is logged once for all providers. */
    private const OF_A_ROW = [
        ConflictException::class,
        IntegrityException::class,
        InvalidArgumentException::class,
        InvalidDocumentException::class,
        KeyUnavailableException::class,
        TooLargeException::class,
        Refusal::class,
    ];

    /** @var array<string, string> the reason of the last call that failed, by slug */
    private static array $last = [];
    /** @var array<string, true> what was logged */
    private static array $logged = [];

    /**
     * Does something for a provider's caller; `$otherwise` is the answer where it throws.
     *
     * @template T
     * @param \Closure(): T $do
     *
     * @return T
     */
    public static function guard(string $provider, #[\SensitiveParameter] \Closure $do, mixed $otherwise): mixed
    {
        unset(self::$last[$provider]);
        return self::alongside($provider, $do, $otherwise);
    }

    /**
     * The same as a part of something: an earlier reason stays.
     *
     * @template T
     * @param \Closure(): T $do
     *
     * @return T
     */
    public static function alongside(string $provider, #[\SensitiveParameter] \Closure $do, mixed $otherwise): mixed
    {
        try {
            try {
                return $do();
            } catch (InvalidHandleException) {
                // A process keeps eight stores; ours made room for another site's, and nothing was done yet.
                Runtime::reopen();
                return $do();
            }
        } catch (\Throwable $thrown) {
            self::note($provider, $thrown);
            return $otherwise;
        }
    }

    /**
     * Keeps a reason and logs it.
     */
    public static function note(string $provider, #[\SensitiveParameter] \Throwable $thrown): void
    {
        self::$last[$provider] = self::message($thrown);
        self::log($provider, $thrown);
    }

    /**
     * Logs a reason, unless it was logged before.
     */
    public static function log(string $provider, #[\SensitiveParameter] \Throwable $thrown): void
    {
        $once = get_class($thrown) . ' ' . self::reason($thrown);
        if (in_array(get_class($thrown), self::OF_A_ROW, true)) {
            $once .= " {$provider}";
        }
        if (isset(self::$logged[$once])) {
            return;
        }
        self::$logged[$once] = true;
        WordPress::log('error', 'Connections: ' . self::message($thrown), [
            'provider' => $provider,
            'reason' => self::reason($thrown),
            'mend' => $thrown instanceof ConnectionsException ? $thrown->mend() : null,
        ]);
    }

    /**
     * Why a provider's last call failed; null where it did not.
     */
    public static function last(string $provider): ?string
    {
        return self::$last[$provider] ?? null;
    }

    /**
     * Forgets all.
     */
    public static function forget(): void
    {
        self::$last = [];
        self::$logged = [];
    }

    /**
     * What may be shown: the messages of this package hold no secret. Of others' nobody knows.
     */
    private static function message(#[\SensitiveParameter] \Throwable $thrown): string
    {
        if ($thrown instanceof ConnectionsException || $thrown instanceof Refusal) {
            return $thrown->getMessage();
        }
        $where = basename($thrown->getFile()) . ':' . $thrown->getLine();
        return 'An unexpected ' . get_class($thrown) . " was thrown in {$where}; its message is not repeated here.";
    }

    /**
     * A short code: `busy` for a BusyException.
     */
    private static function reason(#[\SensitiveParameter] \Throwable $thrown): string
    {
        if ($thrown instanceof Refusal) {
            return $thrown->reason;
        }
        $name = preg_replace('/^.*\\\\|(Exception|Error)$/', '', get_class($thrown));
        return strtolower((string) preg_replace('/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/', '_', (string) $name));
    }
}
