<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * Bytes that no dump shows.
 *
 * They are held outside of the object, because private properties show in `var_export()`, `(array)` and the like; and
 * outside of static properties, which some debuggers print with an object. `json_encode()` gives `{}`, as for PHP's own
 * `SensitiveParameterValue`. PHP cannot wipe a string: the bytes go when the last holder does.
 *
 * @internal
 */
final class Secret
{
    use NotCopied;

    public function __construct(#[\SensitiveParameter] string $value)
    {
        self::values()[$this] = $value;
    }

    /**
     * The bytes.
     */
    public function reveal(): string
    {
        return self::values()[$this];
    }

    /**
     * @return array<string, int>
     */
    public function __debugInfo(): array
    {
        return ['bytes' => strlen($this->reveal())];
    }

    /**
     * @return \WeakMap<self, string>
     */
    private static function values(): \WeakMap
    {
        static $values = new \WeakMap();
        return $values;
    }
}
