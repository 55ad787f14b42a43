<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Native\Release;

/**
 * What may go wrong on a migrated site, each so that it can be put right.
 */
final class Faults
{
    /** Versions of other releases, of as many bytes as this one's: what was built names them, too. */
    public const NEXT = '0.1.9';
    private const BEFORE = '0.0.9';

    private const PLUGIN = 'public/wp-content/plugins/data-machine-connections';
    private const STORE = 'datamachine-connections-*/store';

    /**
     * @return array<string, Fault>
     */
    public static function all(): array
    {
        return self::ofPhp() + self::ofTheLibrary() + self::ofTheKey() + self::ofTheStore();
    }

    /**
     * @return array<string, Fault>
     */
    private static function ofPhp(): array
    {
        return ['FFI off' => new Fault(
            'held',
            'ffi_forbidden',
            'php.ini forbids FFI here',
            static fn (Site $site) => $site->restart(ffi: 'false'),
            static fn (Site $site) => $site->restart(ffi: 'true'),
        )];
    }

    /**
     * @return array<string, Fault>
     */
    private static function ofTheLibrary(): array
    {
        $ours = Release::VERSION;
        $library = self::PLUGIN . '/lib/*/libdm_connections.so.*';
        // Of another release of the same code, as a deployment that was cut short leaves it.
        $other = static fn (string $pattern, string $version): array => self::replaced(
            $pattern,
            static fn (string $was): string => str_replace($ours, $version, $was),
        );
        // Who looked at it has it mapped, for good.
        $mapped = ['later' => 'reload_required'];
        $told = 'of one release.';
        $missing = static fn (string $told, \Closure ...$ways): Fault
            => new Fault('active', 'library_missing', $told, ...$ways);
        return [
            'an older library' => new Fault(
                'active',
                'library_mismatch',
                $told,
                ...$other($library, self::BEFORE),
                ...$mapped,
            ),
            'a newer library' => new Fault(
                'active',
                'library_mismatch',
                $told,
                ...$other($library, self::NEXT),
                ...$mapped,
            ),
            'newer files' => $missing(
                'libdm_connections.so.' . self::NEXT,
                ...$other(self::PLUGIN . '/php/src/Native/{Library,Release}.php', self::NEXT),
            ),
            'no library' => $missing('libdm_connections cannot be loaded', ...self::moved(self::PLUGIN . '/lib')),
            'a library that is cut off' => $missing(
                'cut off: copy it once more',
                ...self::replaced($library, static fn (string $was): string => substr($was, 0, 1_000_000)),
            ),
            'a library that is none' => $missing(
                'see what `ldd` says',
                ...self::replaced($library, static fn (): string => 'what the download answered'),
            ),
        ];
    }

    /**
     * @return array<string, Fault>
     */
    private static function ofTheKey(): array
    {
        $key = base64_encode(str_repeat('x', 32));
        $file = 'datamachine-connections-*/key/primary.key';
        $define = static fn (string $value): array => self::defined('DATAMACHINE_CONNECTIONS_KEY', $value);
        $wrong = static fn (array $ways): Fault => new Fault('active', 'wrong_key', 'Nothing was changed.', ...$ways);
        return [
            'no key' => new Fault('active', 'key_missing', 'primary.key. Put it back', ...self::moved(dirname($file))),
            'a wrong key' => $wrong(self::replaced($file, static fn (): string => $key)),
            'a wrong key in wp-config.php' => $wrong($define($key)),
            'a key that is none' => new Fault(
                'active',
                'invalid_key',
                'passphrases are refused',
                ...$define('a passphrase'),
            ),
        ];
    }

    /**
     * @return array<string, Fault>
     */
    private static function ofTheStore(): array
    {
        $missing = static fn (string $state, string $told, array $ways): Fault
            => new Fault($state, 'store_missing', $told, ...$ways);
        $database = self::STORE . '/connections.sqlite';
        return [
            'no store' => $missing('held', 'None is made anew', self::moved(self::STORE)),
            'no database in it' => $missing('active', 'put back its backup', self::moved($database)),
            'another place' => $missing(
                'held',
                'The store of the connections is not in /nonexistent/store.',
                self::defined('DATAMACHINE_CONNECTIONS_PATH', '/nonexistent'),
            ),
            'a database that is none' => new Fault(
                'active',
                'not_a_store',
                'connections.sqlite',
                ...self::replaced($database, static fn (): string => str_repeat('what is no database', 1000)),
            ),
            'a store that others may read' => self::ofModes(0755),
            'a store that is not to be written to' => self::ofModes(0500),
            'another server' => self::ofAnotherServer(),
            'a damaged anchor' => self::ofTheAnchor(),
        ];
    }

    private static function ofModes(int $mode): Fault
    {
        $change = static fn (int $mode): \Closure
            => static fn (Site $site) => chmod(Files::only("{$site->home()}/" . self::STORE), $mode);
        return new Fault('active', 'permissions', 'type: chmod 700 ', $change($mode), $change(0700));
    }

    private static function ofTheAnchor(): Fault
    {
        $anchor = null;
        return new Fault(
            'held',
            'anchor_damaged',
            'it has no path',
            static function (Site $site) use (&$anchor): void {
                $anchor = $site->row('datamachine_connections');
                $site->setRow('datamachine_connections', serialize(['store_id' => 'x']));
            },
            static function (Site $site) use (&$anchor): void {
                $site->setRow('datamachine_connections', $anchor);
            },
        );
    }

    /** By both signs, see Host::isOther(). */
    private static function ofAnotherServer(): Fault
    {
        [$define, $undefine] = self::defined('DATAMACHINE_CONNECTIONS_HOST', 'web-2');
        return new Fault(
            'held',
            'other_server',
            'and this is web-2. Each server would go its own way',
            static function (Site $site) use ($define): void {
                Files::again(Files::only("{$site->home()}/" . self::STORE));
                $define($site);
            },
            $undefine,
        );
    }

    /**
     * @return array{\Closure(Site): void, \Closure(Site): void}
     */
    private static function moved(string $pattern): array
    {
        return [
            static function (Site $site) use ($pattern): void {
                $path = Files::only("{$site->home()}/{$pattern}");
                rename($path, "{$path}.away");
            },
            static function (Site $site) use ($pattern): void {
                $path = Files::only("{$site->home()}/{$pattern}.away");
                rename($path, substr($path, 0, -strlen('.away')));
            },
        ];
    }

    /**
     * @param \Closure(string): string $with gives what is in a file instead
     *
     * @return array{\Closure(Site): void, \Closure(Site): void}
     */
    private static function replaced(string $pattern, \Closure $with): array
    {
        return [
            static function (Site $site) use ($pattern, $with): void {
                foreach (glob("{$site->home()}/{$pattern}", GLOB_BRACE) ?: [] as $file) {
                    rename($file, "{$file}.kept");
                    Files::put($file, $with((string) file_get_contents("{$file}.kept")));
                    chmod($file, (int) fileperms("{$file}.kept"));
                }
            },
            static function (Site $site) use ($pattern): void {
                foreach (glob("{$site->home()}/{$pattern}.kept", GLOB_BRACE) ?: [] as $kept) {
                    rename($kept, substr($kept, 0, -strlen('.kept')));
                }
            },
        ];
    }

    /**
     * @return array{\Closure(Site): void, \Closure(Site): void}
     */
    private static function defined(string $name, string $value): array
    {
        return [
            static fn (Site $site) => $site->define([$name => $value]),
            static fn (Site $site) => $site->define([$name => null]),
        ];
    }
}
