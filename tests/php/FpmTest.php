<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\FfiForbiddenException;
use DataMachine\Connections\Exception\LibraryMismatchException;
use DataMachine\Connections\Exception\ReloadRequiredException;
use DataMachine\Connections\Exception\SiteMismatchException;
use DataMachine\Connections\Exception\WrongKeyException;
use DataMachine\Connections\Exception\WrongUserException;
use DataMachine\Connections\Native\Library;

/**
 * What only a worker shows that outlives its requests.
 */
final class FpmTest extends VaultTestCase
{
    private const PACKAGE = __DIR__ . '/../..';
    /** What request() begins with: `$vault`, or what was wrong. */
    private const OPEN = <<<'PHP'
        use DataMachine\Connections\{Keys, Vault};
        try {
            $vault = Vault::open(['keys' => Keys::base64($arguments['key'])] + $arguments['options']);
        } catch (DataMachine\Connections\Exception\ConnectionsException $thrown) {
            exit(get_class($thrown) . ': ' . $thrown->getMessage());
        }
        PHP;

    private ?Fpm $fpm = null;

    protected function setUp(): void
    {
        self::assertNull(Fpm::lacks(), (string) Fpm::lacks());
        parent::setUp();
        $this->install((string) get_cfg_var(Library::SETTING), Library::VERSION);
    }

    protected function tearDown(): void
    {
        $this->fpm?->stop();
        parent::tearDown();
    }

    /**
     * @return array<string, array{bool}>
     */
    public static function modes(): array
    {
        return ['ffi.enable=true' => [false], 'ffi.enable=preload' => [true]];
    }

    /**
     * @dataProvider modes
     */
    public function testRequestsOfOneWorkerShareTheOpenStore(bool $preload): void
    {
        $fpm = $this->start($preload);
        $worker = $fpm->worker();
        self::assertSame([], $fpm->openFiles($this->place()));
        // Where scripts may use FFI, one marks the open file: a file opened anew would not have the mark.
        $mark = $preload ? '' : '
            foreach (scandir("/proc/self/fd") as $fd) {
                if (str_ends_with((string) @readlink("/proc/self/fd/$fd"), "/connections.sqlite")) {
                    FFI::cdef("int fcntl(int fd, int command, int flags);")->fcntl((int) $fd, 4, 04000);
                }
            }';
        self::assertSame('saved', $this->ask('$vault->save("reddit", "user:1", ["a" => 1]); echo "saved";' . $mark));
        $open = $fpm->openFiles($this->place());
        self::assertCount(1, preg_grep('~^connections\.sqlite~', $open) ?: []);
        self::assertSame(!$preload, in_array('connections.sqlite (marked)', $open, true));

        for ($request = 0; $request < 3; $request++) {
            self::assertSame('{"a":1}', $this->ask('echo $vault->get("reddit", "user:1")->document->toJson();'));
            self::assertSame($open, $fpm->openFiles($this->place()));
        }
        self::assertSame('saved', $this->ask('$vault->merge("reddit", "user:1", ["b" => 2]); echo "saved";'));
        self::assertSame($open, $fpm->openFiles($this->place()));
        self::assertSame($worker, $fpm->worker());

        if (!$preload) {
            // What it would look like if a request opened the file anew.
            $this->ask('FFI::cdef("int dm_shutdown(void);")->dm_shutdown();');
            self::assertSame('2', $this->ask('echo $vault->get("reddit", "user:1")->document->get("b");'));
            self::assertNotContains('connections.sqlite (marked)', $fpm->openFiles($this->place()));
        }
    }

    public function testUnderPreloadOnlyThePreloadedFileMayUseFfi(): void
    {
        $fpm = $this->start(true);
        $said = $fpm->request('try { FFI::cdef("int getpid(void);"); echo "allowed"; }
            catch (FFI\Exception $refused) { echo $refused->getMessage(); }');
        self::assertStringContainsString('restricted by "ffi.enable"', $said);
        self::assertSame(Library::VERSION, $this->ask('echo $vault->info()->version;'));
    }

    /**
     * @dataProvider modes
     */
    public function testAConstantOrTheEnvironmentNamesTheLibraryWhereAnyCodeMayUseFfi(bool $preload): void
    {
        $other = "{$this->directory}/other.so";
        $library = (string) file_get_contents((string) get_cfg_var(Library::SETTING));
        file_put_contents($other, str_replace(Library::VERSION, '0.1.9', $library));
        $arguments = [
            'options' => ['path' => $this->place(), 'site' => self::SITE],
            'key' => base64_encode(self::KEY),
        ];
        $paths = [$other => LibraryMismatchException::class, 'other.so' => 'has to be one absolute path'];
        foreach ($paths as $path => $says) {
            foreach (["define('%s', '%s');", "putenv('%s=%s');"] as $way) {
                // Each in a worker that has no library yet.
                $this->fpm?->stop();
                $fpm = $this->start($preload);
                $named = sprintf($way, Library::NAME, $path);
                $said = $fpm->request($named . self::OPEN . 'echo "opened";', $arguments);
                self::assertStringContainsString($preload ? 'opened' : $says, $said, $way);
            }
        }
    }

    public function testUnderPreloadReflectionDeclaresNothingElse(): void
    {
        $this->start(true);
        $try = '$found = [];
            foreach ((new ReflectionClass(DataMachine\Connections\Native\Library::class))->getMethods() as $method) {
                $given = array_map(static fn ($parameter) => match ((string) $parameter->getType()) {
                    "string" => "int getpid(void);",
                    default => $parameter->allowsNull() ? null : [],
                }, $method->getParameters());
                try {
                    $answer = @$method->invoke(null, ...$given);
                    $found += $answer instanceof FFI ? [$method->name => $answer->getpid()] : [];
                } catch (Throwable) {
                }
            }
            echo json_encode($found);';
        self::assertSame('[]', $this->ask($try));
    }

    public function testWithoutThePreloadTheErrorNamesIt(): void
    {
        $this->fpm = new Fpm($this->directory, ['ffi.enable' => 'preload']);
        $said = $this->ask('echo "opened";');
        self::assertStringContainsString(FfiForbiddenException::class, $said);
        self::assertStringContainsString("opcache.preload={$this->directory}/php/preload.php", $said);
    }

    /**
     * @dataProvider modes
     */
    public function testTwoSitesInOneWorkerDoNotSeeEachOther(bool $preload): void
    {
        $this->start($preload);
        $sites = [
            'one' => [['path' => $this->directory . '/one', 'site' => 'https://one.example'], self::KEY],
            'two' => [['path' => $this->directory . '/two', 'site' => 'https://two.example'], self::OTHER_KEY],
        ];
        $read = '$of = static fn ($found) => $vault->get("reddit", $found->owner)->document->get("of");
            echo json_encode(array_map($of, iterator_to_array($vault->all(), false)));';
        foreach ($sites as $name => [$options, $key]) {
            $save = '$vault->save("reddit", "user:1", ["of" => $arguments["options"]["site"]]); echo "saved";';
            self::assertSame('saved', $this->ask($save, $options, $key), $name);
        }
        foreach ([...$sites, ...$sites] as [$options, $key]) {
            self::assertSame([$options['site']], json_decode($this->ask($read, $options, $key), true));
        }
        // Neither by the other's path, nor by the other's path and name.
        [[$one, $keyOfOne], [$two, $keyOfTwo]] = array_values($sites);
        $wrong = [
            [SiteMismatchException::class, ['path' => $two['path']] + $one, $keyOfOne],
            [WrongKeyException::class, $two, $keyOfOne],
            [WrongKeyException::class, $one, $keyOfTwo],
        ];
        foreach ($wrong as [$class, $options, $key]) {
            self::assertStringContainsString($class, $this->ask($read, $options, $key));
        }
        self::assertSame([$one['site']], json_decode($this->ask($read, $one, $keyOfOne), true));
    }

    public function testAWrongKeyIsRefusedAlthoughTheStoreIsOpen(): void
    {
        $fpm = $this->start(false);
        self::assertSame('saved', $this->ask('$vault->save("reddit", "user:1", ["a" => 1]); echo "saved";'));
        self::assertNotSame([], $fpm->openFiles($this->place()));
        $read = 'echo $vault->get("reddit", "user:1")->document->toJson();';
        $said = $this->ask($read, key: self::OTHER_KEY);
        self::assertStringContainsString(WrongKeyException::class, $said);
        self::assertStringNotContainsString('{"a":1}', $said);
        // Nor is one that differs in its last byte alone.
        $said = $this->ask($read, key: substr(self::KEY, 0, 31) . "\x01");
        self::assertStringContainsString(WrongKeyException::class, $said);
        // Without any, there is no key file to be found.
        $said = $fpm->request('echo get_class((static function () use ($arguments) {
                try { return DataMachine\Connections\Vault::open($arguments); }
                catch (DataMachine\Connections\Exception\ConnectionsException $thrown) { return $thrown; }
            })());', ['path' => $this->place(), 'site' => self::SITE]);
        self::assertSame('DataMachine\Connections\Exception\MissingKeyException', $said);
        self::assertSame('{"a":1}', $this->ask($read));
    }

    /**
     * @dataProvider modes
     */
    public function testAnUpdateAsksForAReload(bool $preload): void
    {
        $fpm = $this->start($preload);
        self::assertSame('saved', $this->ask('$vault->save("reddit", "user:1", ["a" => 1]); echo "saved";'));
        $this->install((string) get_cfg_var(Library::SETTING), '0.1.9');
        $version = 'echo $vault->info()->version, $vault->get("reddit", "user:1")->document->toJson();';
        for ($request = 0; $request < 2; $request++) {
            $said = $this->ask($version);
            self::assertStringContainsString(ReloadRequiredException::class, $said);
            $pattern = '~' . preg_quote(Library::VERSION) . '.* 0\.1\.9 .*Reload php-fpm~';
            self::assertMatchesRegularExpression($pattern, $said);
        }
        $fpm->reload();
        self::assertSame('0.1.9{"a":1}', $this->ask($version));
    }

    public function testARequestThatDiesLeavesNothingBehind(): void
    {
        $fpm = $this->start(false);
        $this->ask('$vault->save("reddit", "user:1", ["a" => 1]);');
        $open = $fpm->openFiles($this->place());
        $worker = $fpm->worker();
        for ($request = 0; $request < 5; $request++) {
            $said = $this->ask('$kept = []; ini_set("memory_limit", "8M"); while (true) {
                $kept[] = $vault->get("reddit", "user:1"); $kept[] = str_repeat("x", 100_000); }');
            self::assertStringContainsString('Allowed memory size', $said);
        }
        self::assertSame('{"a":1}', $this->ask('echo $vault->get("reddit", "user:1")->document->toJson();'));
        self::assertSame([$worker, $open], [$fpm->worker(), $fpm->openFiles($this->place())]);
    }

    public function testNoLogHoldsASecret(): void
    {
        $fpm = $this->start(false);
        // Of parts, since an error shows the line that it is in.
        $said = $this->ask('$canary = "canary-" . "canary"; error_log(print_r($vault, true));
            $vault->save("reddit", "user:1", ["access_token" => $canary], options: ["if_revision" => 9]);');
        self::assertStringContainsString('Uncaught DataMachine', $said);
        self::assertStringContainsString('Uncaught DataMachine', $fpm->log());
        self::assertStringNotContainsString('canary-canary', $said . $fpm->log());
    }

    /**
     * @group root
     */
    public function testRootIsSentToTheWorkersUser(): void
    {
        $this->start(false);
        self::assertSame('saved', $this->ask('$vault->save("reddit", "user:1", ["a" => 1]); echo "saved";'));
        $thrown = self::assertThrows(WrongUserException::class, fn () => $this->open());
        self::assertStringContainsString('sudo -u ' . FpmMaster::user(), (string) $thrown->mend());
        foreach (glob($this->place() . '/*') ?: [] as $file) {
            self::assertSame(FpmMaster::user(), posix_getpwuid((int) fileowner($file))['name'] ?? null, $file);
        }
        self::assertSame('{"a":1}', $this->ask('echo $vault->get("reddit", "user:1")->document->toJson();'));
    }

    private function start(bool $preload): Fpm
    {
        $settings = $preload ? [
            'ffi.enable' => 'preload',
            'opcache.preload' => $this->directory . '/php/preload.php',
        ] : ['ffi.enable' => 'true'];
        if ($preload && FpmMaster::user() !== null) {
            $settings['opcache.preload_user'] = FpmMaster::user();
        }
        return $this->fpm = new Fpm($this->directory, $settings);
    }

    /**
     * What a request says that opens the vault.
     *
     * @param array<string, mixed> $options
     */
    private function ask(string $code, array $options = [], string $key = self::KEY): string
    {
        return (string) $this->fpm?->request(self::OPEN . $code, [
            'options' => $options + ['path' => $this->place(), 'site' => self::SITE],
            'key' => base64_encode($key),
        ]);
    }

    /**
     * Puts a release where php-fpm finds it, as `make install` does: each file is replaced, none is written over.
     */
    private function install(string $library, string $version): void
    {
        $put = static function (string $target, string $content) use ($version): void {
            if (!is_dir(dirname($target))) {
                mkdir(dirname($target), 0755, true);
            }
            // Another release of the same code: its version has as many bytes.
            file_put_contents("{$target}.new", str_replace(Library::VERSION, $version, $content));
            // opcache goes by whole seconds.
            touch("{$target}.new", time() - ($version === Library::VERSION ? 60 : 0));
            rename("{$target}.new", $target);
        };
        $source = (string) realpath(self::PACKAGE . '/php');
        $files = new \RecursiveDirectoryIterator($source, \FilesystemIterator::SKIP_DOTS);
        foreach (new \RecursiveIteratorIterator($files) as $file) {
            $path = (string) $file;
            $put($this->directory . '/php' . substr($path, strlen($source)), (string) file_get_contents($path));
        }
        $put("{$this->directory}/lib/libdm_connections.so.{$version}", (string) file_get_contents($library));
        @unlink("{$this->directory}/lib/libdm_connections.so.0");
        symlink("libdm_connections.so.{$version}", "{$this->directory}/lib/libdm_connections.so.0");
    }
}
