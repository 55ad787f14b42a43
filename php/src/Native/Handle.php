<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

use DataMachine\Connections\Exception\InvalidHandleException;

/**
 * Owns one handle of the library: freed with this object, and at the latest when the script ends.
 *
 * @internal
 */
final class Handle
{
    use NotCopied;

    /** @var \WeakMap<self, true>|null those that are not closed yet */
    private static ?\WeakMap $open = null;

    /**
     * @param object|null $pointer the library's token; null once it is closed
     * @param object      $library whose function `$free` closes it
     */
    public function __construct(
        private ?object $pointer,
        private readonly object $library,
        private readonly string $free,
    ) {
        if (self::$open === null) {
            self::$open = new \WeakMap();
            // After a fatal error PHP calls no destructors, and a php-fpm worker outlives its request. In two steps,
            // so that the shutdown functions registered after this one still find their handles open.
            register_shutdown_function(static function (): void {
                register_shutdown_function(self::closeAll(...));
            });
        }
        self::$open[$this] = true;
    }

    public function __destruct()
    {
        $this->close();
    }

    /**
     * The token, to be passed to the library.
     *
     * @throws InvalidHandleException once it is closed
     */
    public function pointer(): object
    {
        return $this->pointer ?? throw new InvalidHandleException('This was closed. Open it again.');
    }

    /**
     * Frees the handle. Closing it twice is fine.
     */
    public function close(): void
    {
        if ($this->pointer === null) {
            return;
        }
        $pointer = $this->pointer;
        $this->pointer = null;
        unset(self::$open[$this]);
        $this->library->{$this->free}($pointer);
    }

    /**
     * @return array<string, bool>
     */
    public function __debugInfo(): array
    {
        return ['open' => $this->pointer !== null];
    }

    private static function closeAll(): void
    {
        $handles = [];
        foreach (self::$open ?? [] as $handle => $unused) {
            $handles[] = $handle;
        }
        // The last first: a lease before its store.
        foreach (array_reverse($handles) as $handle) {
            $handle->close();
        }
    }
}
