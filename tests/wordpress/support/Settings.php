<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * How a site is set up. All of it can be changed later, see Site::restart(), but for the kind and who owns the home.
 */
final class Settings
{
    /**
     * @param Kind                  $kind         one site or a network
     * @param int                   $workers      of php-fpm: as many requests are answered at once
     * @param int                   $maxRequests  after so many a worker makes way for another; 0 for never
     * @param string                $ffi          ffi.enable: `true`, `preload` or `false`
     * @param string                $preload      for opcache.preload, relative to the plugins' directory; '' for none
     * @param array<string, string> $ini          more for php.ini
     * @param array<string, string> $environment  of the workers
     * @param array<string, mixed>  $constants    more for wp-config.php
     * @param bool                  $objectCache  whether there is a persistent object cache
     * @param string                $address      the site's, as WordPress has it; `http://127.0.0.1` is given the port
     * @param bool                  $homeWritable whether the directory above the document root is the workers' own
     *
     * @SuppressWarnings(PHPMD.ExcessiveParameterList)
     */
    public function __construct(
        public readonly Kind $kind = Kind::Single,
        public readonly int $workers = 4,
        public readonly int $maxRequests = 0,
        public readonly string $ffi = 'true',
        public readonly string $preload = '',
        public readonly array $ini = [],
        public readonly array $environment = [],
        public readonly array $constants = [],
        public readonly bool $objectCache = false,
        public readonly string $address = 'http://example.org',
        public readonly bool $homeWritable = true,
    ) {
    }

    /**
     * The same, but for what is named.
     */
    public function with(mixed ...$changes): self
    {
        return new self(...$changes + get_object_vars($this));
    }
}
