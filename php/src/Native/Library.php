<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\ExtensionMissingException;
use DataMachine\Connections\Exception\FfiForbiddenException;
use DataMachine\Connections\Exception\InternalException;
use DataMachine\Connections\Exception\LibraryMismatchException;
use DataMachine\Connections\Exception\LibraryMissingException;
use DataMachine\Connections\Exception\ReloadRequiredException;

// By name: called without it, a function of this namespace would come first, which any code can define, also where this
// file is preloaded. That would hand out paths and headers.
use function array_fill_keys;
use function array_slice;
use function class_exists;
use function constant;
use function defined;
use function dirname;
use function file_get_contents;
use function get_cfg_var;
use function getenv;
use function in_array;
use function ini_get;
use function is_string;
use function php_uname;
use function str_contains;
use function str_starts_with;
use function strlen;
use function strtolower;

use const PHP_SAPI;

/**
 * libdm_connections: finds it, loads it, calls it.
 *
 * The only file that names FFI. It takes neither a path nor a header from its callers and looks for the library itself,
 * so that preloading it opens no other way to FFI. Functions are called by their names in the header; buffers and
 * errors are turned into strings and exceptions here, and freed. Who calls says what an argument and an answer mean.
 *
 * @internal
 */
final class Library
{
    /** Which release this file is of: compared with the library's, and with `Release` in case this file is preloaded. */
    public const VERSION = '0.1.0';

    /** The php.ini entry with the library's absolute path. Neither ini_set() nor .user.ini can change it. */
    public const SETTING = 'dm_connections.library';

    /**
     * A constant, such as wp-config.php has, or an environment variable, for who cannot change php.ini. Any code can
     * define the one and `putenv()` the other: they count only where any code may use FFI anyway.
     */
    public const NAME = 'DATAMACHINE_CONNECTIONS_LIBRARY';

    private const ABI_MAJOR = 0;
    private const ABI_MINOR = 1;

    /** By which the loader finds what it has mapped, wherever that came from. */
    private const SONAME = 'libdm_connections.so.0';

    /** What every release has, whatever else its header declares. */
    private const VERSIONS = 'uint32_t dm_abi_version(void); const char *dm_version(void);';

    /** The functions that make a handle: its type, and what closes it. */
    private const HANDLES = [
        'dm_keyring_new' => ['dm_keyring *', 'dm_keyring_free'],
        'dm_salts_new' => ['dm_salts *', 'dm_salts_free'],
        'dm_store_open' => ['dm_store *', 'dm_store_close'],
        'dm_refresh_begin' => ['dm_lease *', 'dm_lease_close'],
    ];

    /** What a call can fill, see outputs(). */
    private const BUFFERS = ['first', 'second', 'third'];

    private const OK = 0;
    private const NOT_FOUND = 5;

    private static ?\FFI $ffi = null;

    /** @var array<string, object>|null out-parameters that no call is using, see outputs() */
    private static ?array $spare = null;

    /**
     * Calls a function that answers a JSON object.
     *
     * @param list<Handle|string> $arguments
     *
     * @return array<string, mixed>
     */
    public static function json(string $function, #[\SensitiveParameter] array $arguments): array
    {
        return Json::decode(self::ask($function, $arguments));
    }

    /**
     * Calls a function that fills one buffer.
     *
     * @param list<Handle|string> $arguments
     */
    public static function ask(string $function, #[\SensitiveParameter] array $arguments): string
    {
        return self::call($function, $arguments, 1)[0];
    }

    /**
     * Calls a function.
     *
     * @param list<Handle|string> $arguments without the buffers that it fills, and without the error
     *
     * @return list<string> what the buffers held
     */
    public static function call(string $function, #[\SensitiveParameter] array $arguments, int $buffers = 0): array
    {
        return self::called($function, $arguments, $buffers) ?? [];
    }

    /**
     * The same for something that need not be there: then null.
     *
     * @param list<Handle|string> $arguments
     *
     * @return list<string>|null what the buffers held
     */
    public static function find(string $function, #[\SensitiveParameter] array $arguments, int $buffers = 0): ?array
    {
        return self::called($function, $arguments, $buffers, self::NOT_FOUND);
    }

    /**
     * Calls a function that tells a number.
     *
     * @param list<Handle|string> $arguments
     */
    public static function number(string $function, #[\SensitiveParameter] array $arguments): int
    {
        $number = (self::$ffi ?? self::load())->new('uint64_t');
        self::called($function, [...$arguments, \FFI::addr($number)], 0);
        return $number->cdata;
    }

    /**
     * Calls a function that makes a handle.
     *
     * @param list<Handle|string|null> $arguments
     */
    public static function open(string $function, #[\SensitiveParameter] array $arguments = []): Handle
    {
        return self::grant($function, $arguments)[0];
    }

    /**
     * Calls a function that may make a handle, and fills buffers in any case.
     *
     * @param list<Handle|string|null> $arguments
     *
     * @return array{?Handle, string...} the handle, and what the buffers held
     */
    public static function grant(string $function, #[\SensitiveParameter] array $arguments, int $buffers = 0): array
    {
        [$type, $free] = self::HANDLES[$function];
        $ffi = self::$ffi ?? self::load();
        $pointer = $ffi->new($type);
        // Owned before it is there: whatever happens from then on, it is closed.
        $handle = new Handle($pointer, $ffi, $free);
        $texts = self::called($function, [...$arguments, \FFI::addr($pointer)], $buffers) ?? [];
        return [\FFI::isNull($pointer) ? null : $handle, ...$texts];
    }

    /**
     * Calls a function: strings go in as pointer and length, then come the buffers that it fills, and the error.
     *
     * @param list<Handle|string|object|null> $arguments
     * @param int                             $count   how many buffers it fills
     * @param int|null                        $none    a status that means "there is none" and is no failure
     *
     * @return list<string>|null what the buffers held
     */
    private static function called(
        string $function,
        #[\SensitiveParameter] array $arguments,
        int $count,
        ?int $none = null,
    ): ?array {
        $ffi = self::$ffi ?? self::load();
        $buffers = array_slice(self::BUFFERS, 0, $count);
        $passed = [];
        foreach ($arguments as $argument) {
            if (is_string($argument)) {
                $passed[] = $argument;
                $passed[] = strlen($argument);
                continue;
            }
            $passed[] = $argument instanceof Handle ? $argument->pointer() : $argument;
        }
        // Taken, not shared: a signal handler or a destructor may come in here before the buffers are read.
        $outputs = self::$spare ?? self::outputs($ffi);
        self::$spare = null;
        foreach ($buffers as $buffer) {
            $passed[] = $outputs["&{$buffer}"];
        }
        $passed[] = $outputs['&error'];
        try {
            $status = $ffi->$function(...$passed);
            if ($status === $none) {
                return null;
            }
            if ($status !== self::OK) {
                throw self::failure($ffi, $status, $outputs['error']);
            }
            $texts = [];
            foreach ($buffers as $buffer) {
                $texts[] = self::text($outputs[$buffer]);
            }
            return $texts;
        } catch (\FFI\Exception $refused) {
            // Not passed on: its trace holds the arguments of the call.
            throw new InternalException("{$function}: {$refused->getMessage()}.");
        } finally {
            self::release($ffi, $outputs, $buffers);
        }
    }

    /**
     * Room for what a call writes: buffers and an error, each with its address.
     *
     * @return array<string, object>
     */
    private static function outputs(\FFI $ffi): array
    {
        $outputs = [];
        foreach (array_fill_keys(self::BUFFERS, 'dm_buf') + ['error' => 'dm_error *'] as $name => $type) {
            $outputs[$name] = $ffi->new($type);
            $outputs["&{$name}"] = \FFI::addr($outputs[$name]);
        }
        return $outputs;
    }

    /** What a buffer holds; nothing where it was not filled. */
    private static function text(object $buffer): string
    {
        return $buffer->ptr === null ? '' : \FFI::string($buffer->ptr, $buffer->len);
    }

    /**
     * Frees what a call wrote, and keeps the room for the next call.
     *
     * @param array<string, object> $outputs
     * @param list<string>          $buffers
     */
    private static function release(\FFI $ffi, array $outputs, array $buffers): void
    {
        foreach ($buffers as $buffer) {
            if ($outputs[$buffer]->ptr !== null) {
                $ffi->dm_buf_free($outputs["&{$buffer}"]);
            }
        }
        if (!\FFI::isNull($outputs['error'])) {
            $ffi->dm_error_free($outputs['error']);
            return;
        }
        self::$spare = $outputs;
    }

    /** The exception for a status; its message comes from the library. */
    private static function failure(\FFI $ffi, int $status, object $error): ConnectionsException
    {
        if (\FFI::isNull($error)) {
            return ConnectionsException::of($status, "The library failed with status {$status}.", []);
        }
        $detail = Json::decode($ffi->dm_error_detail($error));
        return ConnectionsException::of($status, $ffi->dm_error_message($error), $detail);
    }

    /**
     * Loads the library.
     *
     * A worker keeps the library mapped for as long as it lives. What is mapped already is used again, found by its
     * symbols and not by its path: after an update the path leads to another file, and two libraries in one process
     * would each have their own stores and locks.
     */
    private static function load(): \FFI
    {
        if (!class_exists(\FFI::class, false)) {
            throw new ExtensionMissingException();
        }
        if (Release::VERSION !== self::VERSION) {
            throw new ReloadRequiredException(self::VERSION, Release::VERSION, 'Library.php is preloaded');
        }
        $mapped = self::mapped();
        $library = $mapped ?? self::locate();
        $version = $library->dm_version();
        $abi = $library->dm_abi_version();
        if ($version !== self::VERSION || $abi >> 16 !== self::ABI_MAJOR || ($abi & 0xFFFF) < self::ABI_MINOR) {
            throw $mapped === null
                ? new LibraryMismatchException($version, self::VERSION)
                : new ReloadRequiredException($version, self::VERSION, 'the library is mapped into this process');
        }
        // What is mapped now, by its soname; without a name, each function would be looked for in all libraries.
        return self::$ffi = \FFI::cdef((string) file_get_contents(__DIR__ . '/dm_connections.h'), self::SONAME);
    }

    /**
     * The versions of what is mapped already; null where nothing is.
     *
     * No method takes a path, or what to declare: by reflection any code can call it, and where this file is preloaded
     * that would be a way to all of FFI.
     */
    private static function mapped(): ?\FFI
    {
        try {
            return \FFI::cdef(self::VERSIONS);
        } catch (\FFI\Exception $refused) {
            self::passOn($refused);
            return null;
        }
    }

    private static function locate(): \FFI
    {
        $places = self::places();
        foreach ($places as $place) {
            if (SharedObject::isCutOff($place)) {
                continue;
            }
            // Tried, not looked for: open_basedir hides from is_file() what may well be loaded.
            try {
                return \FFI::cdef(self::VERSIONS, $place);
            } catch (\FFI\Exception $refused) {
                self::passOn($refused);
            }
        }
        throw new LibraryMissingException(self::SETTING, $places);
    }

    /** What was refused, where that is FFI itself. */
    private static function passOn(\FFI\Exception $refused): void
    {
        if (str_contains($refused->getMessage(), 'ffi.enable')) {
            throw new FfiForbiddenException(dirname(__DIR__, 2) . '/preload.php');
        }
    }

    /**
     * Where the library is looked for: where php.ini says, or else the constant, or else the environment; where none of
     * them says anything, in this package by platform, as the plug-in's zip has it, then where `make`, `make install`
     * and packages put it.
     *
     * @return list<string>
     */
    public static function places(): array
    {
        $named = self::named();
        if ($named !== null) {
            return [$named];
        }
        $package = dirname(__DIR__, 3);
        $platform = php_uname('m') . '-linux-gnu';
        return [
            "{$package}/lib/{$platform}/libdm_connections.so." . self::VERSION,
            "{$package}/lib/" . self::SONAME,
            "{$package}/build/lib/" . self::SONAME,
            '/usr/local/lib/' . self::SONAME,
            "/usr/local/lib/{$platform}/" . self::SONAME,
            '/usr/lib/' . self::SONAME,
            "/usr/lib/{$platform}/" . self::SONAME,
        ];
    }

    /**
     * The path that somebody named; null where nobody did.
     */
    private static function named(): ?string
    {
        $named = [self::SETTING . ' in php.ini' => get_cfg_var(self::SETTING)];
        if (self::isOpenToAll()) {
            $named[self::NAME . ' in wp-config.php'] = defined(self::NAME) ? constant(self::NAME) : false;
            $named[self::NAME . ' in the environment'] = getenv(self::NAME);
        }
        foreach ($named as $where => $path) {
            if ($path === false) {
                continue;
            }
            return is_string($path) && str_starts_with($path, '/')
                ? $path
                : throw new LibraryMissingException($where, []);
        }
        return null;
    }

    /**
     * Whether any code may use FFI, not only what is preloaded.
     */
    private static function isOpenToAll(): bool
    {
        $enabled = strtolower((string) ini_get('ffi.enable'));
        return in_array($enabled, ['1', 'on', 'yes', 'true'], true) || ($enabled === 'preload' && PHP_SAPI === 'cli');
    }
}
