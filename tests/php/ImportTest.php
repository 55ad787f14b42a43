<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ImportRefusedException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\TooLargeException;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\ImportReport;
use DataMachine\Connections\LegacyFormat;
use DataMachine\Connections\Status;

final class ImportTest extends VaultTestCase
{
    private const FIXTURES = __DIR__ . '/../fixtures';
    private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

    /** Where the large option is made. */
    private static string $made;

    public static function setUpBeforeClass(): void
    {
        self::$made = self::makeDirectory();
        $script = escapeshellarg(self::FIXTURES . '/make-large.php');
        self::assertSame('', (string) shell_exec(PHP_BINARY . " {$script} " . escapeshellarg(self::$made) . ' 2>&1'));
    }

    public static function tearDownAfterClass(): void
    {
        self::remove(self::$made);
    }

    /**
     * @return array<string, array{string, LegacyFormat}>
     */
    public static function options(): array
    {
        $options = [];
        foreach (['small', 'mixed', 'large'] as $name) {
            $options[$name] = [$name, LegacyFormat::Php];
            $options["{$name} as JSON"] = [$name, LegacyFormat::Json];
        }
        return $options;
    }

    /**
     * @dataProvider options
     */
    public function testEachAccountAndConfigIsAsItWas(string $name, LegacyFormat $format): void
    {
        $vault = $this->open();
        $report = $vault->importLegacy(self::option($name, $format), [self::salt()], $format);
        self::assertFalse($report->dryRun);
        $held = [];
        foreach ($report->entries as $entry) {
            if ($entry->members !== []) {
                $held["{$entry->provider} {$entry->owner} {$entry->account}"] = array_column($entry->members, 'name');
            }
        }
        $expected = ['reddit user:66 default' => ['access_token'], 'reddit user:67 default' => ['access_token']];
        self::assertSame($name === 'mixed' ? $expected : [], $held);
        $compared = 0;
        foreach (self::documents($name) as [$provider, $owner, $account, $document]) {
            $there = $account === null
                ? $vault->configs()->get($provider, $owner)
                : $vault->get($provider, $owner, $account);
            $without = $held["{$provider} {$owner} {$account}"] ?? [];
            self::assertSame($without, $there?->quarantined, "{$provider} {$owner} {$account}");
            $wanted = json_encode(array_diff_key($document, array_flip($without)), self::FLAGS);
            self::assertSame($wanted, $there->document->toJson(), "{$provider} {$owner} {$account}");
            $members = $account === null
                ? $vault->configs()->members($provider, $owner)
                : $vault->members($provider, $owner, $account);
            self::assertSame([$there->document->toArray(), $without], $members, "{$provider} {$owner} {$account}");
            $compared++;
        }
        self::assertGreaterThan($name === 'large' ? 2000 : 15, $compared);
        $info = $vault->info();
        self::assertSame($compared, $info->connections + $info->configs);
    }

    public function testWhatIsNotSimplyImportedIsReportedWithItsReason(): void
    {
        $vault = $this->open();
        $report = $vault->importLegacy(self::option('mixed', LegacyFormat::Php), [self::salt()]);
        $told = [];
        foreach ($report->entries as $entry) {
            self::assertNotSame('', $entry->why);
            if ($entry->outcome !== ImportOutcome::Imported) {
                $members = array_column($entry->members, 'code', 'name');
                $told[implode('/', $entry->path)] = [$entry->kind, $entry->outcome, $entry->code, $members];
            }
        }
        self::assertEquals([
            'reddit/principals/user:66/account' => [
                'connection',
                ImportOutcome::Quarantined,
                'quarantined',
                ['access_token' => 'envelope_does_not_open'],
            ],
            'reddit/principals/user:67/account' => [
                'connection',
                ImportOutcome::Quarantined,
                'quarantined',
                ['access_token' => 'envelope_malformed'],
            ],
            'threads/principals' => ['other', ImportOutcome::Kept, 'empty', []],
            'email_imap/delegations' => ['other', ImportOutcome::Kept, 'delegations', []],
            'tiktok/principals/user:4/account' => ['connection', ImportOutcome::Kept, 'empty', []],
            'gone_provider' => ['other', ImportOutcome::Kept, 'unknown_provider', []],
        ], $told);
        self::assertSame(4, $report->count(ImportOutcome::Kept));
        self::assertSame(2, $report->count(ImportOutcome::Quarantined));

        // A save puts an end to what was quarantined.
        self::assertSame(Status::KeyUnavailable, $vault->find(['owner' => 'user:66'])->rows[0]->status);
        $saved = $vault->merge('reddit', 'user:66', ['access_token' => 'fake-new']);
        self::assertSame([['access_token'], Status::Active], [$saved->superseded, $saved->status]);
        self::assertSame([], $vault->get('reddit', 'user:66')?->quarantined);
    }

    public function testATextThatLooksLikeTheAnswerHidesNoQuarantine(): void
    {
        $account = ['access_token' => 'dm:enc:v1:broken', 'username' => '"quarantined":[],'];
        $vault = $this->open();
        $option = serialize(['reddit' => ['account' => $account]]);
        $vault->importLegacy($option, [self::salt()]);
        $there = $vault->get('reddit', 'site:0');
        self::assertSame($account['username'], $there?->displayName);
        self::assertSame([['username' => $account['username']], ['access_token']], $vault->members('reddit', 'site:0'));
        self::assertNull($vault->members('reddit', 'user:1'));
        self::assertNull($vault->configs()->members('reddit', 'user:1'));
    }

    public function testWhatJsonCannotHoldIsKept(): void
    {
        $vault = $this->open();
        $report = $vault->importLegacy(self::option('edge', LegacyFormat::Php), [self::salt()]);
        self::assertCount(1, $report->entries);
        $codes = array_column($report->entries[0]->members, 'code', 'name');
        self::assertSame([
            'access_token' => 'not_utf8',
            'obj' => 'php_object',
            'nan' => 'not_finite',
            'inf' => 'not_finite',
        ], $codes);
        foreach ($report->entries[0]->members as $member) {
            self::assertSame(ImportOutcome::Kept, $member->outcome);
            self::assertNotSame('', $member->why);
        }
        self::assertSame(4, $vault->info()->kept);
        self::assertSame('{"username":"binary-secret"}', $vault->get('reddit', 'site:0')?->document->toJson());
    }

    public function testADryRunReportsTheSameAndWritesNothing(): void
    {
        $vault = $this->open();
        $option = self::option('mixed', LegacyFormat::Php);
        $dry = $vault->importLegacy($option, [self::salt()], dryRun: true);
        self::assertTrue($dry->dryRun);
        self::assertSame(0, $vault->info()->connections + $vault->info()->configs + $vault->info()->kept);
        self::assertSame([null], array_values(array_unique(array_column($dry->entries, 'id'))));
        $real = $vault->importLegacy($option, ['an earlier salt', self::salt()]);
        self::assertSame($dry->counts, $real->counts);
        $outcomes = static fn ($report) => array_map(
            static fn ($entry) => [$entry->path, $entry->outcome, $entry->code],
            $report->entries
        );
        self::assertSame($outcomes($dry), $outcomes($real));
        self::assertGreaterThan(40, $real->count(ImportOutcome::Imported));
    }

    public function testASecondRunResurrectsAndOverwritesNothing(): void
    {
        $vault = $this->open();
        $option = self::option('small', LegacyFormat::Php);
        $imported = $vault->importLegacy($option, [self::salt()])->count(ImportOutcome::Imported);
        $vault->delete('reddit', 'site:0');
        $vault->merge('linkedin', 'site:0', ['access_token' => 'fake-newer']);

        $second = $vault->importLegacy($option, [self::salt()]);
        self::assertSame($imported - 2, $second->count(ImportOutcome::Unchanged));
        self::assertSame(2, $second->count(ImportOutcome::Differs));
        $codes = self::codes($second);
        self::assertSame('deleted_since', $codes['reddit/account']);
        self::assertSame('changed_since', $codes['linkedin/account']);
        unset($codes['reddit/account'], $codes['linkedin/account']);
        self::assertSame(['same'], array_values(array_unique($codes)));

        // Where the option went on, too, the vault wins.
        $edited = str_replace('rig-example.bsky.social', 'rig-another.bsky.social', $option, $places);
        self::assertSame(1, $places);
        $third = $vault->importLegacy($edited, [self::salt()]);
        self::assertSame(3, $third->count(ImportOutcome::Differs));
        self::assertSame('differs', self::codes($third)['bluesky/config']);

        self::assertNull($vault->get('reddit', 'site:0'));
        self::assertSame('fake-newer', $vault->get('linkedin', 'site:0')?->document->get('access_token'));
        $config = $vault->configs()->get('bluesky', 'site:0')?->document->toJson();
        self::assertStringContainsString('rig-example', (string) $config);
        self::assertSame($imported - 1, $vault->info()->connections + $vault->info()->configs);
        self::assertSame(0, $vault->info()->kept);
    }

    public function testAnEarlierSaltOpensWhatWasQuarantined(): void
    {
        $vault = $this->open();
        $option = self::option('small', LegacyFormat::Php);
        $first = $vault->importLegacy($option, ['another salt']);
        $waiting = $first->count(ImportOutcome::Quarantined);
        self::assertGreaterThan(3, $waiting);
        self::assertNull($vault->get('reddit', 'site:0')?->document->get('access_token'));
        $second = $vault->importLegacy($option, ['another salt', self::salt()]);
        self::assertSame($waiting, $second->count(ImportOutcome::Imported));
        foreach (self::documents('small') as [$provider, $owner, $account, $document]) {
            $there = $account === null
                ? $vault->configs()->get($provider, $owner)
                : $vault->get($provider, $owner, $account);
            self::assertSame(json_encode($document, self::FLAGS), $there?->document->toJson());
            self::assertSame([], $there->quarantined);
        }
    }

    /**
     * @return array<string, array{string}>
     */
    public static function hostile(): array
    {
        return [
            'nothing' => [''],
            'no array' => ['s:1:"a";'],
            'an object' => ['O:8:"stdClass":0:{}'],
            'cut off' => ['a:1:{s:6:"reddit";a:1:{'],
            'trailing bytes' => ['a:0:{}x'],
            'references' => ['a:2:{i:0;a:0:{}i:1;R:2;}'],
            'a length that lies' => ['a:1:{s:99999999:"reddit";a:0:{}}'],
            'a count that lies' => ['a:999999999:{}'],
            'a negative count' => ['a:-1:{}'],
            'depth' => [str_repeat('a:1:{i:0;', 1_000_000)],
            'size' => [str_repeat(' ', (16 << 20) + 1)],
        ];
    }

    public function testInSlicesItIsTheSame(): void
    {
        $option = self::option('mixed', LegacyFormat::Php);
        $whole = $this->open(['path' => $this->directory . '/whole']);
        $all = $whole->importLegacy($option, [self::salt()]);
        self::assertNull($all->next);
        $vault = $this->open();
        [$entries, $from, $slices] = [[], 0, 0];
        do {
            // Each in a process of its own, and once more where it was killed: nothing is imported twice.
            $report = $vault->importLegacy($option, [self::salt()], from: $from, limit: 7);
            $again = $vault->importLegacy($option, [self::salt()], from: $from, limit: 7);
            self::assertSame($report->next, $again->next);
            self::assertSame(count($report->entries), $again->count(ImportOutcome::Unchanged)
                + $again->count(ImportOutcome::Differs));
            self::assertSame($report->next === null, $report->delegations !== []);
            $entries = [...$entries, ...$report->entries];
            $from = $report->next;
            $slices++;
        } while ($from !== null);
        self::assertSame((int) ceil(count($all->entries) / 7), $slices);
        $told = static fn (array $entries): array => array_map(
            static fn ($entry) => [$entry->path, $entry->outcome, $entry->code],
            $entries
        );
        self::assertSame($told($all->entries), $told($entries));
        self::assertEquals($all->delegations, $report->delegations);
        $salt = self::salt();
        $read = static fn ($vault): array => OldRules::read($vault->exportLegacy($salt)->toArray(), $salt);
        self::assertSame($read($whole), $read($vault));
        self::assertEquals($whole->status(), $vault->status());
        $past = $vault->importLegacy($option, [self::salt()], from: 100_000, limit: 1);
        self::assertSame([[], null], [$past->entries, $past->next]);
        self::assertThrows(
            InvalidArgumentException::class,
            static fn () => $vault->importLegacy($option, [self::salt()], limit: 0)
        );
    }

    /**
     * @dataProvider hostile
     */
    public function testHostileOptionsAreRefused(string $option): void
    {
        $vault = $this->open();
        $began = microtime(true);
        try {
            $vault->importLegacy($option, [self::salt()]);
            self::fail('It was not refused.');
        } catch (ImportRefusedException | TooLargeException $refused) {
            self::assertLessThan(500, strlen($refused->getMessage()));
        }
        self::assertLessThan(2, microtime(true) - $began);
        self::assertSame(0, $vault->info()->kept);
    }

    private static function option(string $name, LegacyFormat $format): string
    {
        $ending = $format === LegacyFormat::Php ? 'serialized' : 'json';
        $directory = $name === 'large' ? self::$made : self::FIXTURES;
        return (string) file_get_contents("{$directory}/{$name}.{$ending}");
    }

    private static function salt(): string
    {
        return rtrim((string) file_get_contents(self::FIXTURES . '/SALT.txt'), "\n");
    }

    /**
     * Every account and config that the vault should have: provider, owner, account (null for a config), document.
     *
     * @return \Generator<int, array{string, string, string|null, array<array-key, mixed>}>
     */
    private static function documents(string $name): \Generator
    {
        $directory = $name === 'large' ? self::$made : self::FIXTURES;
        $json = (string) file_get_contents("{$directory}/expected-{$name}.json");
        $option = json_decode($json, true, flags: JSON_THROW_ON_ERROR);
        unset($option['gone_provider']);
        foreach ($option as $provider => $slots) {
            $owners = ['site:0' => $slots] + ($slots['principals'] ?? []);
            foreach ($owners as $owner => $owned) {
                $documents = [[null, $owned['config'] ?? []], ['default', $owned['account'] ?? []]];
                foreach ($owned['accounts'] ?? [] as $account => $document) {
                    $documents[] = [(string) $account, $document];
                }
                foreach ($documents as [$account, $document]) {
                    if ($document !== []) {
                        yield [$provider, $owner, $account, $document];
                    }
                }
            }
        }
    }

    /**
     * @return array<string, string> the code of each entry, by its path
     */
    private static function codes(ImportReport $report): array
    {
        $codes = [];
        foreach ($report->entries as $entry) {
            $codes[implode('/', $entry->path)] = $entry->code;
        }
        return $codes;
    }
}
