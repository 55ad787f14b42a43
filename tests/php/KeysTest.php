<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidKeyException;
use DataMachine\Connections\Exception\KeyUnavailableException;
use DataMachine\Connections\Exception\MissingKeyException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\Exception\PermissionsException;
use DataMachine\Connections\Exception\WrongKeyException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Status;
use DataMachine\Connections\Vault;

final class KeysTest extends VaultTestCase
{
    public function testOneKeyInEveryForm(): void
    {
        $this->open()->save('reddit', 'user:1', ['a' => 'fake']);
        $file = $this->directory . '/key';
        $forms = [
            'Keys::base64(' . var_export(base64_encode(self::KEY), true) . ')',
            'Keys::base64(' . var_export(rtrim(base64_encode(self::KEY), '=') . "\n", true) . ')',
            'Keys::command(["printf", "%s", ' . var_export(self::KEY, true) . '])',
            'Keys::file(' . var_export($file, true) . ')',
            'Keys::raw(' . var_export(self::OTHER_KEY, true) . ')->withEarlier(Keys::raw('
                . var_export(self::KEY, true) . '))',
        ];
        self::writeKey($file, base64_encode(self::KEY) . "\n");
        foreach ($forms as $form) {
            self::assertSame('{"a":"fake"}', $this->read($form), $form);
        }
        self::writeKey($file, self::KEY);
        self::assertSame('{"a":"fake"}', $this->read('Keys::file(' . var_export($file, true) . ')'));
    }

    public function testWithoutAKeyAKeyFileIsMade(): void
    {
        $file = $this->directory . '/made.key';
        $options = ['path' => $this->place(), 'site' => self::SITE, 'key_file' => $file];
        $vault = Vault::open($options);
        $vault->save('reddit', 'user:1', ['a' => 'fake']);
        self::assertSame($file, $vault->info()->keyFile);
        self::assertSame(0100600, fileperms($file));
        self::assertSame('{"a":"fake"}', $this->read('null', ['key_file' => $file]));
        unlink($file);
        $said = $this->read('null', ['key_file' => $file]);
        self::assertStringContainsString(MissingKeyException::class, $said);
        self::assertFileDoesNotExist($file);
    }

    /**
     * @return array<string, array{callable(string): Keys}>
     */
    public static function bad(): array
    {
        return [
            'a passphrase' => [static fn () => Keys::raw('fake-secret passphrase')],
            'empty' => [static fn () => Keys::raw('')],
            'zeros' => [static fn () => Keys::raw(str_repeat("\0", 32))],
            'not base64' => [static fn () => Keys::base64('fake-secret!')],
            'base64 of too little' => [static fn () => Keys::base64(base64_encode('fake-secret'))],
            'a link' => [static function (string $directory): Keys {
                self::writeKey("{$directory}/key", self::KEY);
                symlink("{$directory}/key", "{$directory}/link");
                return Keys::file("{$directory}/link");
            }],
            'a failing command' => [static fn () => Keys::command(['false'])],
            'an absent command' => [static fn () => Keys::command(['/nonexistent/fake-secret'])],
            'a command that prints no key' => [static fn () => Keys::command(['echo', 'fake-secret'])],
        ];
    }

    /**
     * @dataProvider bad
     * @param callable(string): Keys $keys
     */
    public function testWhatIsNoKeyIsRefused(callable $keys): void
    {
        $thrown = self::assertThrows(
            InvalidKeyException::class,
            fn () => $this->open(['keys' => $keys($this->directory)])
        );
        self::assertStringNotContainsString('fake-secret passphrase', $thrown . json_encode($thrown->detail()));
        self::assertDirectoryDoesNotExist($this->place());
    }

    public function testAKeyFileThatIsMissingOrOpenToOthers(): void
    {
        $file = $this->directory . '/key';
        $open = fn () => $this->open(['keys' => Keys::file($file)]);
        $thrown = self::assertThrows(MissingKeyException::class, $open);
        self::assertStringContainsString($file, $thrown->getMessage());
        self::writeKey($file, self::KEY, 0644);
        $thrown = self::assertThrows(PermissionsException::class, $open);
        self::assertDirectoryDoesNotExist($this->place());
        shell_exec((string) $thrown->mend());
        self::assertNotNull($open()->info()->storeId);
    }

    public function testAnotherKeyIsOneClearErrorAndHeals(): void
    {
        $this->open()->save('reddit', 'user:1', ['a' => 'fake']);
        $before = $this->bytes();
        $here = self::assertThrows(
            WrongKeyException::class,
            fn () => $this->open(['keys' => Keys::raw(self::OTHER_KEY)])
        );
        self::assertNotEmpty($here->detail()['keys']);
        self::assertStringContainsString(WrongKeyException::class, $this->elsewhere('', [], self::OTHER_KEY));
        self::assertSame($before, $this->bytes());
        self::assertSame('{"a":"fake"}', $this->read('Keys::raw(' . var_export(self::KEY, true) . ')'));
    }

    public function testTheFirstKeyMakesTheStore(): void
    {
        $this->open(['keys' => Keys::raw(self::KEY)->withEarlier(Keys::raw(self::OTHER_KEY))])->close();
        self::assertSame('', $this->elsewhere(''));
        self::assertStringContainsString(WrongKeyException::class, $this->elsewhere('', [], self::OTHER_KEY));
    }

    public function testRotation(): void
    {
        $vault = $this->open();
        $first = $vault->info()->keys[0]->id;
        $vault->save('reddit', 'user:1', ['a' => 'fake']);
        $added = $vault->addKey(Keys::newFile($this->directory . '/new.key'));
        self::assertNotSame($first, $added->id);
        self::assertFalse($added->known);
        $statuses = array_column($vault->info()->keys, 'status', 'id');
        self::assertSame(['active', 'primary'], [$statuses[$first], $statuses[$added->id]]);
        $revision = $vault->get('reddit', 'user:1')?->revision;
        $vault->save('reddit', 'user:2', ['b' => 'fake']);

        // Before the re-wrapping, the new key alone does not open the row that the first one wraps.
        $new = 'Keys::file(' . var_export($this->directory . '/new.key', true) . ')';
        self::assertSame('{"b":"fake"}', $this->read($new, [], 'user:2'));
        self::assertStringContainsString(KeyUnavailableException::class, $this->read($new));
        $status = $this->read($new, [], 'user:1', 'echo $vault->find(["owner" => "user:1"])->rows[0]->status->value;');
        self::assertSame(Status::KeyUnavailable->value, $status);

        $rewrapped = $vault->rewrap();
        self::assertSame([$added->id, 1, [$first]], [$rewrapped->key, $rewrapped->rewrapped, $rewrapped->retired]);
        self::assertSame('{"a":"fake"}', $this->read($new));
        self::assertSame($revision, $vault->get('reddit', 'user:1')?->revision);
        self::assertSame('retired', array_column($vault->info()->keys, 'status', 'id')[$first]);
        $old = 'Keys::raw(' . var_export(self::KEY, true) . ')';
        self::assertStringContainsString(WrongKeyException::class, $this->read($old));
        self::assertTrue($vault->addKey(Keys::file($this->directory . '/new.key'))->known);
    }

    public function testRenewingOneProviderLeavesTheOthers(): void
    {
        $vault = $this->open();
        $id = $vault->save('reddit', 'user:1', ['a' => 'fake'])->id;
        $vault->save('reddit', 'user:2', ['a' => 'fake']);
        $vault->configs()->save('reddit', 'site:0', ['a' => 'fake']);
        $vault->save('twitter', 'user:1', ['a' => 'fake']);
        $revisions = static fn () => array_column(iterator_to_array($vault->all()), 'revision', 'id');
        $before = $revisions();
        self::assertSame(3, $vault->renewKeys('reddit'));
        self::assertSame(0, $vault->renewKeys('youtube'));
        $vault->renewKey($id);
        $grew = array_map(static fn (int $now, int $then) => $now - $then, $revisions(), $before);
        sort($grew);
        self::assertSame([0, 1, 2], $grew);
        self::assertThrows(NotFoundException::class, static fn () => $vault->renewKey(strtr($id, '0123', '3210')));
        foreach (['', 'No Slug'] as $provider) {
            self::assertThrows(InvalidArgumentException::class, static fn () => $vault->renewKeys($provider));
        }
        foreach ($vault->all() as $connection) {
            $document = $vault->get($connection->provider, $connection->owner)?->document;
            self::assertSame('{"a":"fake"}', $document?->toJson());
        }
    }

    public function testANewFileIsNeverWrittenOver(): void
    {
        $file = $this->directory . '/key';
        self::writeKey($file, self::KEY);
        $vault = $this->open(['keys' => Keys::newFile($file)]);
        self::assertSame(self::KEY, file_get_contents($file));
        self::assertTrue($vault->addKey(Keys::newFile($file))->known);
        self::writeKey($file, 'no key');
        self::assertThrows(InvalidKeyException::class, static fn () => Keys::newFile($file));
        self::assertSame('no key', file_get_contents($file));
    }

    /**
     * What another process reads with these keys, or its exception.
     *
     * @param array<string, mixed> $options
     */
    private function read(
        string $keys,
        array $options = [],
        string $owner = 'user:1',
        string $code = 'echo $vault->get("reddit", $arguments["owner"])->document->toJson();',
    ): string {
        return Process::run(
            "use DataMachine\\Connections\\{Keys, Vault};
            try {
                \$vault = Vault::open(array_filter(\$arguments['options'] + ['keys' => {$keys}]));
                {$code}
            } catch (DataMachine\\Connections\\Exception\\ConnectionsException \$thrown) {
                echo get_class(\$thrown), ': ', \$thrown->getMessage();
            }",
            ['options' => $options + ['path' => $this->place(), 'site' => self::SITE], 'owner' => $owner]
        );
    }

    /** All that is in the store's directory. */
    private function bytes(): string
    {
        return implode("\0", array_map(
            static fn (string $name) => $name . "\0" . file_get_contents($name),
            glob($this->place() . '/*') ?: []
        ));
    }

    private static function writeKey(string $path, string $content, int $mode = 0600): void
    {
        file_put_contents($path, $content);
        chmod($path, $mode);
    }
}
