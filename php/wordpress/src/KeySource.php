<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Keys;

/**
 * Where the key comes from: a constant of wp-config.php, else the environment, else a key file.
 *
 * The key itself is not kept here: it is read when the store is opened.
 */
final class KeySource
{
    /** The constant, and the environment variable: 32 bytes as base64. */
    public const NAME = 'DATAMACHINE_CONNECTIONS_KEY';

    public const CONSTANT = 'constant';
    public const ENVIRONMENT = 'environment';
    public const FILE = 'file';

    /**
     * @param string|null $file where the key file lies, or would; null where there is none
     */
    private function __construct(public readonly string $kind, public readonly ?string $file)
    {
    }

    /**
     * What is set up now.
     *
     * @param string|null $file the key file for where nothing else is
     */
    public static function look(?string $file): self
    {
        return match (true) {
            self::constant() !== null => new self(self::CONSTANT, null),
            self::environment() !== null => new self(self::ENVIRONMENT, null),
            default => new self(self::FILE, $file),
        };
    }

    /**
     * Whether there is a key. Nothing is read.
     */
    public function isThere(): bool
    {
        // Where open_basedir hides the file, only the library can tell.
        return $this->kind !== self::FILE
            || ($this->file !== null && (@is_file($this->file) || ini_get('open_basedir') !== ''));
    }

    /**
     * The key; null where the key file is it, which the library reads itself.
     */
    public function keys(): ?Keys
    {
        return match ($this->kind) {
            self::CONSTANT => Keys::base64((string) self::constant()),
            self::ENVIRONMENT => Keys::base64((string) self::environment()),
            default => null,
        };
    }

    private static function constant(): ?string
    {
        return self::text(defined(self::NAME) ? constant(self::NAME) : null);
    }

    private static function environment(): ?string
    {
        return self::text(getenv(self::NAME));
    }

    /** Nobody's key is empty: a line of a configuration that was left blank says nothing. */
    private static function text(#[\SensitiveParameter] mixed $value): ?string
    {
        $value = is_scalar($value) && !is_bool($value) ? trim((string) $value) : '';
        return $value === '' ? null : $value;
    }
}
