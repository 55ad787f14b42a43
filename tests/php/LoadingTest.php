<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\ExtensionMissingException;
use DataMachine\Connections\Exception\FfiForbiddenException;
use DataMachine\Connections\Exception\LibraryMismatchException;
use DataMachine\Connections\Exception\LibraryMissingException;
use DataMachine\Connections\Exception\ReloadRequiredException;
use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Release;

/**
 * Finding the library, loading it, and saying what is wrong where that fails.
 */
final class LoadingTest extends VaultTestCase
{
    private const PACKAGE = __DIR__ . '/../..';
    private const OPEN = <<<'PHP'
        use DataMachine\Connections\{Keys, Vault};
        function attempt(array $arguments): void {
            try {
                $vault = Vault::open($arguments + ['keys' => Keys::raw(str_repeat('é', 16))]);
                $vault->save('reddit', 'user:1', ['a' => 1]);
                echo 'opened ', $vault->info()->version;
            } catch (DataMachine\Connections\Exception\ConnectionsException $thrown) {
                echo get_class($thrown), ': ', $thrown->getMessage();
            }
        }
        PHP;

    public function testWithoutTheExtension(): void
    {
        $said = $this->attempt(['-n']);
        self::assertStringContainsString(ExtensionMissingException::class, $said);
        self::assertStringContainsString('extension=ffi', $said);
    }

    public function testWhereFfiIsForbidden(): void
    {
        $said = $this->attempt(['-d', 'ffi.enable=0']);
        self::assertStringContainsString(FfiForbiddenException::class, $said);
        self::assertStringContainsString('opcache.preload=' . realpath(self::PACKAGE . '/php/preload.php'), $said);
    }

    public function testWhereTheLibraryIsMissing(): void
    {
        $absent = $this->directory . '/absent.so';
        $said = $this->attempt(['-d', "dm_connections.library={$absent}"]);
        self::assertStringContainsString(LibraryMissingException::class, $said);
        self::assertStringContainsString($absent, $said);
        file_put_contents($absent, 'no library');
        $said = $this->attempt(['-d', "dm_connections.library={$absent}"]);
        self::assertStringContainsString(LibraryMissingException::class, $said);
        self::assertStringContainsString('cannot be loaded', $said);
    }

    /**
     * The loader itself would end the process.
     */
    public function testWhereTheLibraryIsCutOff(): void
    {
        $whole = (string) file_get_contents((string) get_cfg_var(Library::SETTING));
        foreach ([6, 100, 5000, intdiv(strlen($whole), 2), strlen($whole) - 1] as $length) {
            $cut = "{$this->directory}/cut-{$length}.so";
            file_put_contents($cut, substr($whole, 0, $length));
            $said = $this->attempt(['-d', "dm_connections.library={$cut}"]);
            self::assertStringContainsString(LibraryMissingException::class, $said);
            self::assertStringContainsString("{$cut} (there, but cut off: copy it once more)", $said);
        }
    }

    public function testTheSettingIsAnAbsolutePath(): void
    {
        foreach (['libdm_connections.so', './libdm_connections.so', ''] as $path) {
            $said = $this->attempt(['-d', "dm_connections.library={$path}"]);
            self::assertStringContainsString(LibraryMissingException::class, $said);
            self::assertStringContainsString('has to be one absolute path', $said);
        }
    }

    public function testNoScriptCanChangeTheSetting(): void
    {
        $said = $this->attempt([], 'ini_set("dm_connections.library", "/nonexistent.so");');
        self::assertSame('opened ' . Library::VERSION, $said);
    }

    /**
     * Preloaded, it is what may use FFI: a function of its namespace that somebody else defines, and that PHP would
     * prefer to its own, must not hand it a path or a header.
     */
    public function testNoFunctionOfItsNamespaceIsCalled(): void
    {
        $hostile = 'namespace DataMachine\Connections\Native; const PHP_SAPI = "hostile";';
        $called = $this->functionsOf(self::PACKAGE . '/php/src/Native/Library.php');
        self::assertContains('get_cfg_var', $called);
        foreach ($called as $function) {
            $hostile .= "function {$function}(...\$given) { exit('{$function} was not the one of PHP'); }";
        }
        $said = $this->attempt([], 'eval(' . var_export($hostile, true) . ');');
        self::assertSame('opened ' . Library::VERSION, $said);
    }

    public function testAnotherVersionIsRefused(): void
    {
        $other = $this->otherVersion();
        $said = $this->attempt(['-d', "dm_connections.library={$other}"]);
        self::assertStringContainsString(LibraryMismatchException::class, $said);
        self::assertStringContainsString('9.9.9', $said);
    }

    public function testAnotherVersionThatIsMappedAlreadyAsksForAReload(): void
    {
        $path = var_export($this->otherVersion(), true);
        $said = $this->attempt([], "\$held = FFI::cdef('const char *dm_version(void);', {$path}); unset(\$held);");
        self::assertStringContainsString(ReloadRequiredException::class, $said);
        self::assertStringContainsString('9.9.9', $said);
        self::assertStringContainsString('Reload php-fpm', $said);
    }

    public function testAnUpdateUnderAPreloadedFileAsksForAReload(): void
    {
        $release = 'namespace DataMachine\Connections\Native { final class Release { const VERSION = "9.9.9"; } }';
        $file = $this->directory . '/Release.php';
        file_put_contents($file, "<?php {$release}");
        $said = $this->attempt([], 'require ' . var_export($file, true) . ';');
        self::assertStringContainsString(ReloadRequiredException::class, $said);
    }

    public function testWhatIsMappedIsUsedAgain(): void
    {
        $library = (string) get_cfg_var(Library::SETTING);
        self::assertNotSame('', $library, 'Needs -d dm_connections.library, as scripts/test-php.sh gives it.');
        $copy = $this->directory . '/copy.so';
        copy($library, $copy);
        $said = $this->attempt(
            [],
            '$held = FFI::cdef("const char *dm_version(void);", ' . var_export($copy, true) . '); unset($held);',
            'echo "\n", preg_match_all("~^\S+ r-xp .*(?:libdm_connections|copy)\S*\.so~m",
                file_get_contents("/proc/self/maps"));'
        );
        self::assertSame('opened ' . Library::VERSION . "\n1", $said);
    }

    public function testTheVersionsOfThePackageAgree(): void
    {
        self::assertSame(Release::VERSION, Library::VERSION);
        $cargo = (string) file_get_contents(self::PACKAGE . '/Cargo.toml');
        self::assertSame(1, preg_match('~^version = "(.+)"$~m', $cargo, $found));
        self::assertSame($found[1], Release::VERSION);
    }

    public function testTheLeanHeaderIsFreshAndParses(): void
    {
        $script = escapeshellarg(self::PACKAGE . '/php/bin/lean-header.php');
        self::assertNull(shell_exec(PHP_BINARY . " {$script} --check 2>&1"));
        $library = (string) get_cfg_var(Library::SETTING);
        foreach (['/php/src/Native/dm_connections.h', '/include/dm_connections.h'] as $header) {
            $header = (string) file_get_contents(self::PACKAGE . $header);
            $ffi = $library === '' ? \FFI::cdef($header) : \FFI::cdef($header, $library);
            self::assertSame(Library::VERSION, $ffi->dm_version());
        }
    }

    public function testEveryStatusOfTheHeaderHasAnException(): void
    {
        $header = (string) file_get_contents(self::PACKAGE . '/include/dm_connections.h');
        preg_match_all('~\bDM_([A-Z_]+) = (\d+)~', $header, $found, PREG_SET_ORDER);
        self::assertGreaterThan(20, count($found));
        foreach ($found as [, $name, $status]) {
            if ($name !== 'OK') {
                $class = ConnectionsException::KINDS[(int) $status] ?? '';
                $camel = str_replace(['Io', '_'], ['InputOutput', ''], ucwords(strtolower($name), '_'));
                self::assertSame("DataMachine\\Connections\\Exception\\{$camel}Exception", $class);
            }
        }
    }

    public function testOnlyOneFileNamesFfi(): void
    {
        $naming = [];
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(self::PACKAGE . '/php'));
        foreach ($files as $file) {
            if (str_ends_with((string) $file, '.php')) {
                foreach (\PhpToken::tokenize((string) file_get_contents((string) $file)) as $token) {
                    $isName = $token->is([T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED]);
                    if ($isName && preg_match('~^\\\\?FFI(\\\\|$)~', $token->text) === 1) {
                        $naming[basename((string) $file)] = true;
                    }
                }
            }
        }
        self::assertSame(['Library.php'], array_keys($naming));
    }

    /**
     * What a process says that opens a vault.
     *
     * @param list<string> $flags
     */
    private function attempt(array $flags, string $before = '', string $after = ''): string
    {
        return Process::run(
            self::OPEN . $before . 'attempt($arguments);' . $after,
            ['path' => $this->place(), 'site' => self::SITE],
            $flags
        );
    }

    /**
     * The functions that a file calls by an unqualified name.
     *
     * @return list<string>
     */
    private function functionsOf(string $file): array
    {
        $tokens = \PhpToken::tokenize((string) file_get_contents($file));
        $tokens = array_values(array_filter($tokens, static fn (\PhpToken $token): bool => !$token->isIgnorable()));
        $called = [];
        foreach ($tokens as $at => $token) {
            $other = $tokens[max(0, $at - 1)]->is([T_FUNCTION, T_OBJECT_OPERATOR, T_DOUBLE_COLON, T_NEW]);
            if ($token->is(T_STRING) && !$other && ($tokens[$at + 1] ?? null)?->text === '(') {
                $called[] = $token->text;
            }
        }
        return array_values(array_unique($called));
    }

    /** A library of another version. */
    private function otherVersion(): string
    {
        $source = $this->directory . '/other.c';
        file_put_contents($source, '#include <stdint.h>
            uint32_t dm_abi_version(void) { return 1; }
            const char *dm_version(void) { return "9.9.9"; }');
        $library = $this->directory . '/libdm_connections.so';
        $said = shell_exec("cc -shared -fPIC -Wl,-z,nodelete -o {$library} {$source} 2>&1");
        self::assertFileExists($library, "Needs a C compiler: {$said}");
        return $library;
    }
}
