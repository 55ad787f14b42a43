<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Salts;

/**
 * The old plug-in's envelope for one value, `dm:enc:v1:...`: for code that still writes and reads it. The vault seals
 * nothing so.
 */
final class LegacyEnvelope
{
    /** What every envelope begins with. */
    public const PREFIX = 'dm:enc:v1:';

    /**
     * Seals a value under a random IV: never the same twice.
     *
     * @param string $salt what `wp_salt('auth')` returns
     */
    public static function seal(#[\SensitiveParameter] string $salt, #[\SensitiveParameter] string $value): string
    {
        return Library::ask('dm_legacy_seal', [Salts::of([$salt]), $value]);
    }

    /**
     * Opens an envelope, and envelopes inside it too: what comes back is never one.
     *
     * @param string $salt what `wp_salt('auth')` returned when it was sealed
     *
     * @throws Exception\InvalidArgumentException where it is no envelope, or a damaged one: the detail's `reason` is
     *                                            `not_an_envelope` or `envelope_malformed`
     * @throws Exception\KeyUnavailableException  where this salt does not open it
     */
    public static function open(#[\SensitiveParameter] string $salt, #[\SensitiveParameter] string $envelope): string
    {
        return Library::ask('dm_legacy_open', [Salts::of([$salt]), $envelope]);
    }
}
