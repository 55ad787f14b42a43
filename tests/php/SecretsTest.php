<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * Plants canaries everywhere a secret can be, and looks for them in everything that PHP can print.
 */
final class SecretsTest extends VaultTestCase
{
    /** 32 bytes and not all ASCII, so that it may be a key, too. */
    private const CANARY = 'canary-canary-canary-canary-01é';
    private const OTHER_CANARY = 'yranac-yranac';

    /** Every way to show a value; what refuses to show it says so by an exception. */
    private const SHOW = <<<'PHP'
        use DataMachine\Connections\{
            Document, Keys, LegacyEnvelope, LegacyFormat, Native\Library, Options, RevocationAnswer, Status, Vault
        };
        function cast(mixed $value): mixed {
            // A closure as an array is an array of itself.
            $plain = is_scalar($value) || $value === null || $value instanceof Closure;
            return $plain ? $value : array_map(cast(...), (array) $value);
        }
        function show(string $name, mixed $value): void {
            $ways = [
                'var_dump' => static function ($value) { var_dump($value); },
                'print_r' => static function ($value) { print_r($value); },
                'var_export' => static function ($value) { var_export($value); },
                'array' => static function ($value) { var_dump((array) $value, cast($value)); },
                'mangled' => static function ($value) { var_dump(get_mangled_object_vars($value)); },
                'vars' => static function ($value) { var_dump(get_object_vars($value)); },
                'foreach' => static function ($value) { foreach ($value as $key => $part) { var_dump($key, $part); } },
                'serialize' => static function ($value) { echo serialize($value); },
                'json_encode' => static function ($value) { echo json_encode($value); },
                'debug_zval_dump' => static function ($value) { debug_zval_dump($value); },
                'clone' => static function ($value) { var_dump(clone $value); },
            ];
            foreach ($ways as $way => $do) {
                try { echo "== $name $way\n"; $do($value); }
                catch (Throwable $thrown) { echo get_class($thrown), ': ', $thrown->getMessage(), "\n"; }
            }
        }
        // Its own frame would show what the closure captured.
        function trace(string $name, #[\SensitiveParameter] callable $fails): void {
            try { $fails(); echo "== $name DID NOT FAIL\n"; }
            catch (Throwable $thrown) {
                echo "== $name: ", get_class($thrown), ': ', $thrown->getMessage(), "\n", $thrown, "\n";
                for ($one = $thrown; $one !== null; $one = $one->getPrevious()) {
                    var_dump($one->getTrace());
                    print_r($one->getTrace());
                    print_r(cast($one->getTrace()));
                    if ($one instanceof DataMachine\Connections\Exception\ConnectionsException) {
                        print_r($one->detail());
                    }
                }
            }
        }
        // From the environment, so that no frame of this script itself carries it.
        $canary = getenv('CANARY');
        $document = ['access_token' => $canary, 'nested' => ['deep' => $canary]];
        $keys = Keys::raw($canary)->withEarlier(Keys::base64(base64_encode($canary)));
        $options = new Options($arguments['path'], 'https://example.org', $keys);
        $vault = Vault::open($options);
        PHP;

    public function testTheseWaysWouldShowOne(): void
    {
        $printed = $this->printedBy(<<<'PHP'
            class Control {
                public $shown = 'public';
                public function __construct(private $canary) { $this->shown = $canary; }
            }
            function leak(string $canary) { throw new Exception('x'); }
            show('control', new Control($canary));
            trace('trace', fn () => leak($canary));
            PHP);
        $sections = preg_split('~== (?=control|trace)~', $printed) ?: [];
        self::assertCount(13, $sections);
        foreach (array_slice($sections, 1) as $section) {
            self::assertStringContainsString('canary-', $section);
        }
        // As text, as an array, printed and cast.
        self::assertGreaterThanOrEqual(4, substr_count(end($sections), rtrim(self::CANARY, 'é')));
    }

    public function testNoDumpShowsOne(): void
    {
        $printed = $this->printed(<<<'PHP'
            $vault->save('reddit', 'user:1', $document);
            $vault->configs()->save('reddit', 'user:1', $document);
            show('keys', $keys);
            show('command', Keys::command(['echo', $canary]));
            show('options', $options);
            show('vault', $vault);
            show('array document', Document::fromArray($document));
            show('document', $vault->get('reddit', 'user:1')->document);
            show('connection', $vault->get('reddit', 'user:1'));
            show('config', $vault->configs()->get('reddit', 'user:1'));
            show('page', $vault->find());
            show('info', $vault->info());
            show('status', $vault->status());
            show('saved', $vault->save('reddit', 'user:2', $document));
            show('receipt', $vault->delete('reddit', 'user:2'));
            $vault->save('reddit', 'user:2', $document);
            show('disconnected', $vault->disconnect('reddit', 'user:2', fn ($row) => throw new Exception($canary)));
            show('export', $vault->exportLegacy($canary));
            $vault->configs()->save('reddit', 'user:3', $document);
            $vault->save('reddit', 'user:3', $document + ['refresh_token' => $canary, 'token_expires_at' => 1]);
            $row = $vault->find(['owner' => 'user:3'])->rows[0];
            show('refreshed', $vault->refresh($row, function ($request) use ($canary) {
                show('refresh request', $request);
                return ['refresh_token' => "$canary 2"];
            }));
            show('due', $vault->refreshDue());
            show('report', $vault->importLegacy(serialize(['reddit' => [
                'account' => $document, 'config' => ['x' => "dm:enc:v1:$canary"], 'other' => $canary,
            ], 'gone' => $document]), [$canary]));
            PHP);
        self::assertStringContainsString("envelope_malformed", $printed);
        self::assertStringContainsString('== document var_dump', $printed);
        self::assertStringContainsString('Document', $printed);
    }

    public function testNoTraceShowsOne(): void
    {
        $printed = $this->printed(<<<'PHP'
            $vault->save('reddit', 'user:1', $document);
            $json = json_encode($document);
            trace('conflict', fn () => $vault->save('reddit', 'user:1', $document, options: ['if_revision' => 0]));
            trace('conflict of JSON', fn () => $vault->save(
                'reddit', 'user:1', Document::fromJson($json), options: ['if_revision' => 0]));
            trace('disconnect', fn () => $vault->disconnect('reddit', 'user:1', fn () => [$canary, $vault->close()]));
            $vault = Vault::open($options);
            $vault->save('reddit', 'user:1', $document);
            $vault->events('mail', fn () => null);
            $vault->setStatus('reddit', 'user:1', Status::Revoked);
            trace('event', fn () => $vault->events('mail', fn () => throw new Exception(strlen($canary))));
            trace('failed', fn () => RevocationAnswer::failed("$canary\n"));
            trace('config', fn () => $vault->configs()->save('reddit', 'user:1', $document, ['if_revision' => 9]));
            trace('absent', fn () => $vault->merge('reddit', 'user:9', $document));
            trace('absent config', fn () => $vault->configs()->merge('reddit', 'user:9', $document));
            trace('bad name', fn () => $vault->save('No Slug', 'user:1', $document));
            trace('no object', fn () => $vault->save('reddit', 'user:1', [$canary]));
            trace('NAN', fn () => $vault->save('reddit', 'user:1', $document + ['f' => NAN]));
            trace('no UTF-8', fn () => Document::fromArray([$canary . "\xff"]));
            trace('no JSON', fn () => $vault->save('reddit', 'user:1', Document::fromJson($canary)));
            trace('no JSON to array', fn () => Document::fromJson($canary)->toArray());
            trace('type', fn () => $vault->save('reddit', 'user:1', $canary));
            trace('type of JSON', fn () => Document::fromJson([$canary]));
            $throwing = new class ($document) implements JsonSerializable {
                public function __construct(private $held) {}
                public function jsonSerialize(): mixed { throw new Exception('x'); }
            };
            trace('jsonSerialize', fn () => $vault->save('reddit', 'user:1', [$canary, $throwing]));
            trace('short key', fn () => Vault::open(['keys' => Keys::raw("x$canary")] + $options->toArray()));
            trace('bad base64', fn () => Vault::open(['keys' => Keys::base64("!$canary")] + $options->toArray()));
            trace('command', fn () => Vault::open(['keys' => Keys::command(['false', $canary])] + $options->toArray()));
            trace('type of key', fn () => Keys::raw([$canary]));
            trace('type of base64', fn () => Keys::base64([$canary]));
            trace('type of command', fn () => Keys::command($canary));
            trace('no JSON in a command', fn () => Keys::command([$canary . "\xff"]));
            trace('key as text', fn () => Vault::open(['keys' => $canary] + $options->toArray()));
            trace('key as text, named', fn () => new Options('/path', 'site', $canary));
            trace('import', fn () => $vault->importLegacy("a:1:{s:1:\"a\";s:99:\"$canary", [$canary]));
            trace('import of JSON', fn () => $vault->importLegacy("{\"a\":\"$canary", [$canary], LegacyFormat::Json));
            trace('salt', fn () => $vault->importLegacy('a:0:{}', [[$canary]]));
            trace('export of what is no field', fn () => $vault->exportLegacy($canary, fields: [[1]]));
            trace('type of the salt', fn () => $vault->exportLegacy([$canary]));
            $sealed = LegacyEnvelope::seal($canary, $canary);
            trace('no envelope', fn () => LegacyEnvelope::open($canary, $canary));
            trace('envelope of another salt', fn () => LegacyEnvelope::open("x$canary", $sealed));
            trace('type of value', fn () => LegacyEnvelope::seal($canary, [$canary]));
            // A handle of another kind: FFI itself refuses the call.
            trace('FFI', fn () => Library::json('dm_conn_save', [
                Library::open('dm_keyring_new'), 'a', 'b', 'c', $canary, '',
            ]));
            $vault->save('reddit', 'user:3', $document + ['refresh_token' => $canary, 'token_expires_at' => 1]);
            $row = $vault->find(['owner' => 'user:3'])->rows[0];
            $force = ['force' => true];
            trace('thrown in a refresh', fn () => $vault->refresh($row, fn ($r) => throw new Exception('x'), $force));
            trace('refreshed with nonsense', fn () => $vault->refresh($row, fn () => [$canary], $force));
            trace('refreshed with a text', fn () => $vault->refresh($row, fn () => $canary, $force));
            trace('refreshed without UTF-8', fn () => $vault->refresh($row, fn () => ['a' => "$canary\xff"], $force));
            $ada = ['token_expires_at' => 1, 'refresh_token' => $canary, 'username' => 'ada'];
            $vault->save('reddit', 'user:4', $ada);
            $other = $vault->find(['owner' => 'user:4'])->rows[0];
            trace('refreshed as another account', fn () => $vault->refresh(
                $other, fn () => ['username' => 'bob', 'access_token' => $canary]));
            trace('refreshed within', fn () => $vault->refresh(
                $row, fn () => $vault->refresh($row, fn () => ['a' => $canary]), $force));
            $vault->close();
            trace('closed refresh', fn () => $vault->refresh($row, fn () => ['a' => $canary]));
            trace('closed', fn () => $vault->save('reddit', 'user:1', $document));
            trace('closed merge', fn () => $vault->merge('reddit', 'user:1', $document));
            trace('closed import', fn () => $vault->importLegacy($canary, [$canary]));
            PHP);
        preg_match_all('~^== (.*) DID NOT FAIL$~m', $printed, $succeeded);
        self::assertSame([], $succeeded[1]);
        // What is not there fails as well, and shows nothing.
        self::assertStringNotContainsString('undefined', $printed);
        self::assertStringContainsString('== FFI: DataMachine\Connections\Exception\InternalException', $printed);
    }

    public function testNeitherLogsNorUncaughtExceptionsShowOne(): void
    {
        $log = $this->directory . '/log';
        $printed = $this->printed(
            'error_log(print_r($vault, true) . print_r($keys, true)); $vault->merge("reddit", "user:1", $document);',
            ['-d', 'log_errors=1', '-d', "error_log={$log}", '-d', 'html_errors=0', '-d', 'display_errors=1']
        );
        self::assertStringContainsString('Uncaught DataMachine', $printed);
        self::assertStringContainsString('Uncaught DataMachine', (string) file_get_contents($log));
        self::assertStringNotContainsString('canary', (string) file_get_contents($log));
    }

    public function testNoFileOfTheStoreHoldsOne(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', ['access_token' => self::CANARY]);
        $vault->merge('reddit', 'user:1', ['refresh_token' => self::OTHER_CANARY]);
        $vault->configs()->save('reddit', 'site:0', ['client_secret' => self::CANARY]);
        $vault->delete('reddit', 'user:1');
        $files = glob($this->place() . '/*') ?: [];
        self::assertNotEmpty($files);
        foreach ($files as $file) {
            $bytes = (string) file_get_contents($file);
            foreach ([self::CANARY, self::OTHER_CANARY, base64_encode(self::CANARY), self::KEY] as $secret) {
                self::assertFalse(strpos($bytes, $secret), $file);
            }
        }
    }

    /**
     * What a process prints.
     *
     * @param list<string> $flags
     */
    private function printedBy(string $code, array $flags = []): string
    {
        putenv('CANARY=' . self::CANARY);
        try {
            return Process::run(self::SHOW . $code, ['path' => $this->place()], $flags);
        } finally {
            putenv('CANARY');
        }
    }

    /**
     * The same, checked for the canary in every shape.
     *
     * @param list<string> $flags
     */
    private function printed(string $code, array $flags = []): string
    {
        $printed = $this->printedBy($code, $flags);
        self::assertStringNotContainsString('PHP Parse error', $printed);
        foreach (['canary', base64_encode(self::CANARY), bin2hex(self::CANARY)] as $shape) {
            $at = strpos($printed, $shape);
            self::assertFalse($at, substr($printed, max(0, (int) $at - 2000), 2100));
        }
        return $printed;
    }
}
