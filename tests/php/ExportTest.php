<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;
use DataMachine\Connections\LegacyExport;
use DataMachine\Connections\LegacyFormat;
use DataMachine\Connections\Vault;

/**
 * The way back, seen by the old plug-in's rules, of which OldRules has an implementation of its own.
 */
final class ExportTest extends VaultTestCase
{
    private const FIXTURES = __DIR__ . '/../fixtures';

    /** Where the large option is made. */
    private static string $made;

    public static function setUpBeforeClass(): void
    {
        self::$made = self::makeDirectory();
        $script = escapeshellarg(self::FIXTURES . '/make-large.php');
        $users = self::size(2_000, 20_000);
        $made = escapeshellarg(self::$made);
        self::assertSame('', (string) shell_exec(PHP_BINARY . " {$script} {$made} {$users} 2>&1"));
        ini_set('memory_limit', '1G');
    }

    public static function tearDownAfterClass(): void
    {
        self::remove(self::$made);
    }

    /**
     * @return array<string, array{string}>
     */
    public static function names(): array
    {
        return ['small' => ['small'], 'mixed' => ['mixed'], 'edge' => ['edge'], 'large' => ['large']];
    }

    /**
     * @dataProvider names
     */
    public function testTheOldRulesReadWhatTheyReadBefore(string $name): void
    {
        $vault = $this->open();
        $option = self::option($name);
        $vault->importLegacy($option, [self::salt()]);
        $export = $vault->exportLegacy(self::salt());
        self::assertSame([], $export->report->leftOut);
        self::assertSame(strlen($export->bytes()), $export->report->bytes);
        $before = self::unserialize($option);
        // In their order, integers, floats and objects too.
        self::assertTrue(self::readBack($before) === self::readBack($export->toArray()));
        // What was sealed is, and what the old rules would seal at the next save.
        $sealed = OldRules::sealed($export->toArray());
        self::assertSame([], array_diff(OldRules::sealed($before), $sealed));
        foreach (array_diff($sealed, OldRules::sealed($before)) as $member) {
            self::assertMatchesRegularExpression('~/(access_token|refresh_token|[a-z]+_secret)$~', $member);
        }
        $verbatim = ['mixed' => 2 + count(OldRules::sealed($before['gone_provider'] ?? [])), 'edge' => 1][$name] ?? 0;
        self::assertCount($export->report->sealed + $verbatim, $sealed);
    }

    /**
     * @dataProvider names
     */
    public function testAsJsonToo(string $name): void
    {
        $vault = $this->open();
        $vault->importLegacy(self::option($name), [self::salt()]);
        if ($name === 'edge') {
            $refused = self::assertThrows(
                InvalidDocumentException::class,
                static fn () => $vault->exportLegacy(self::salt(), LegacyFormat::Json),
            );
            self::assertSame(3, $refused->detail()['count']);
            $export = $vault->exportLegacy(self::salt(), LegacyFormat::Json, leaveOut: true);
            // The token is no text, but its envelope is.
            $before = self::unserialize(self::option($name))['reddit']['account'];
            $held = array_intersect_key($before, ['access_token' => 1, 'username' => 1]);
            self::assertSame(['reddit' => ['account' => $held]], $export->toArray());
            $codes = array_column($export->report->leftOut, 'code', 'member');
            self::assertEquals(['obj' => 'php_object', 'nan' => 'not_finite', 'inf' => 'not_finite'], $codes);
            return;
        }
        $export = $vault->exportLegacy(self::salt(), LegacyFormat::Json);
        $before = self::unserialize(self::option($name));
        self::assertTrue(self::readBack($before) === self::readBack($export->toArray()));
    }

    public function testWhatChangedSinceIsChangedAndNothingElse(): void
    {
        $vault = $this->open();
        $vault->importLegacy(self::option('mixed'), [self::salt()]);
        $expected = OldRules::read(self::unserialize(self::option('mixed')), self::salt());
        $new = ['access_token' => 'fake-new', 'n' => ['a' => [], 'f' => 1.0, 'i' => 5], 'é' => "\n", '7' => null];

        // Saved whole, patched, made anew, beside a kept piece, on top of a quarantined member.
        $vault->save('twitter', 'site:0', $new);
        $expected['twitter']['account'] = $new;
        $vault->merge('reddit', 'agent:2', ['access_token' => 'fake-newer', 'added' => true]);
        $account = &$expected['reddit']['principals']['agent:2']['account'];
        $account = array_merge($account, ['access_token' => 'fake-newer', 'added' => true]);
        unset($account);
        $vault->merge('reddit', 'user:66', ['access_token' => 'fake-healed']);
        $account = &$expected['reddit']['principals']['user:66']['account'];
        // It was not in the document, so it goes last.
        unset($account['access_token']);
        $account['access_token'] = 'fake-healed';
        unset($account);
        $vault->save('linkedin', 'user:900', $new);
        $expected['linkedin']['principals']['user:900']['account'] = $new;
        $vault->save('mastodon', 'site:0', $new, 'third');
        $expected['mastodon']['accounts']['third'] = $new;
        $vault->save('email_imap', 'agent:5', ['imap_password' => 'fake-box'], 'new-box');
        $expected['email_imap']['principals']['agent:5']['accounts']['new-box'] = ['imap_password' => 'fake-box'];
        $vault->configs()->save('reddit', 'user:900', ['client_secret' => 'fake-own']);
        $expected['reddit']['principals']['user:900']['config'] = ['client_secret' => 'fake-own'];
        $vault->configs()->merge('reddit', 'site:0', ['client_secret' => '']);
        $expected['reddit']['config']['client_secret'] = '';
        // A provider whose plug-in is gone, and comes back: what was kept of it stays.
        $vault->save('gone_provider', 'user:8', $new);
        $expected['gone_provider']['principals']['user:8']['account'] = $new;
        $vault->save('brand-new', 'site:0', $new);
        $expected['brand-new']['account'] = $new;
        // Gone.
        $vault->delete('youtube', 'site:0');
        unset($expected['youtube']['account']);
        $vault->configs()->delete('tumblr', 'site:0');
        unset($expected['tumblr']['config']);
        $cleared = $vault->clearOwner('user:2');
        self::assertSame(1, $cleared->delegations);
        unset($expected['email_imap']['delegations']['user:2']);
        foreach ($expected as $provider => $entry) {
            unset($expected[$provider]['principals']['user:2']);
        }

        $export = $vault->exportLegacy(self::salt(), fields: ['imap_password']);
        $found = OldRules::read($export->toArray(), self::salt());
        self::assertSame(serialize($expected), serialize($found));
        self::assertSame([], $export->report->leftOut);
        $sealed = OldRules::sealed($export->toArray());
        self::assertContains('/email_imap/principals/agent:5/accounts/new-box/imap_password', $sealed);
        self::assertContains('/brand-new/account/access_token', $sealed);
    }

    public function testAnotherSaltSealsAndWhatWasQuarantinedStaysUnderTheOld(): void
    {
        $vault = $this->open();
        $option = self::option('mixed');
        $vault->importLegacy($option, [self::salt()]);
        $export = $vault->exportLegacy('a new salt')->toArray();
        $before = self::unserialize($option);
        foreach (['user:66', 'user:67'] as $owner) {
            $token = $before['reddit']['principals'][$owner]['account']['access_token'];
            self::assertSame($token, $export['reddit']['principals'][$owner]['account']['access_token']);
        }
        self::assertSame($before['gone_provider'], $export['gone_provider']);
        self::assertSame($before['email_imap']['delegations'], $export['email_imap']['delegations']);
        $read = static fn (array $option, string $salt) => OldRules::read($option, $salt)['youtube']['account'];
        self::assertSame($read($before, self::salt()), $read($export, 'a new salt'));
        self::assertNotSame($read($before, self::salt()), $read($export, self::salt()));
    }

    public function testWhatHasNoPlaceIsListed(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'org:acme', ['access_token' => 'canary']);
        $vault->configs()->save('reddit', 'site:3', ['client_secret' => 'canary']);
        $vault->save('reddit', 'site:0', ['access_token' => 'canary']);
        $report = $vault->exportLegacy(self::salt())->report;
        self::assertSame([1, 0, 1], [$report->accounts, $report->configs, $report->sealed]);
        $told = array_map(
            static fn ($one) => [$one->kind, $one->provider, $one->owner, $one->account, $one->code],
            $report->leftOut,
        );
        self::assertSame([
            ['connection', 'reddit', 'org:acme', 'default', 'owner_has_no_place'],
            ['config', 'reddit', 'site:3', null, 'owner_has_no_place'],
        ], $told, 'in the order in which they came');
        self::assertStringNotContainsString('canary', serialize($report));
    }

    public function testAnEmptyVaultIsAnEmptyOption(): void
    {
        $vault = $this->open();
        self::assertSame('a:0:{}', $vault->exportLegacy(self::salt())->bytes());
        self::assertSame([], $vault->exportLegacy(self::salt(), LegacyFormat::Json)->toArray());
    }

    public function testFieldsAreNames(): void
    {
        $vault = $this->open();
        self::assertThrows(
            InvalidArgumentException::class,
            static fn () => $vault->exportLegacy(self::salt(), fields: [['x']]),
        );
    }

    /**
     * What the old rules read, every byte of it.
     *
     * @param array<array-key, mixed> $option
     */
    private static function readBack(array $option): string
    {
        return serialize(OldRules::read($option, self::salt()));
    }

    private static function option(string $name): string
    {
        $directory = $name === 'large' ? self::$made : self::FIXTURES;
        return (string) file_get_contents("{$directory}/{$name}.serialized");
    }

    /**
     * @return array<array-key, mixed>
     */
    private static function unserialize(string $option): array
    {
        return unserialize($option, ['allowed_classes' => false]);
    }

    private static function salt(): string
    {
        return rtrim((string) file_get_contents(self::FIXTURES . '/SALT.txt'), "\n");
    }
}
