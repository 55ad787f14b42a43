<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

/**
 * Names of accounts, where an owner has several of one provider.
 *
 * @internal
 */
final class Names
{
    /** The vault's name for the account without a name. Nothing else is stored under it. */
    public const DEFAULT = 'default';

    /**
     * Trimmed and lower-cased; '' for what is no name.
     */
    public static function normalize(string $name): string
    {
        $name = strtolower(trim($name));
        return preg_match('/^[a-z0-9][a-z0-9._-]*$/D', $name) === 1 ? $name : '';
    }
}
