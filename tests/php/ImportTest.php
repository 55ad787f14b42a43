<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ImportRefusedException;
use DataMachine\Connections\Exception\TooLargeException;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\LegacyFormat;

final class ImportTest extends VaultTestCase
{
    private const FIXTURES = __DIR__ . '/../fixtures';
    private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

    /**
     * @return array<string, array{string, LegacyFormat}>
     */
    public static function options(): array
    {
        return [
            'small' => ['small', LegacyFormat::Php],
            'small as JSON' => ['small', LegacyFormat::Json],
            'mixed' => ['mixed', LegacyFormat::Php],
            'mixed as JSON' => ['mixed', LegacyFormat::Json],
        ];
    }

    /**
     * @dataProvider options
     */
    public function testEachAccountAndConfigIsAsItWas(string $name, LegacyFormat $format): void
    {
        $vault = $this->open();
        $report = $vault->importLegacy(self::option($name, $format), [self::salt()], $format);
        self::assertFalse($report->dryRun);
        $quarantined = [];
        foreach ($report->entries as $entry) {
            foreach ($entry->members as $member) {
                $quarantined["{$entry->provider} {$entry->owner} {$entry->account}"][] = $member->name;
                self::assertSame(ImportOutcome::Quarantined, $member->outcome);
                self::assertNotSame('', $member->why);
            }
        }
        $expected = $name === 'mixed' ? ['reddit user:66 default', 'reddit user:67 default'] : [];
        self::assertEqualsCanonicalizing($expected, array_keys($quarantined));
        $compared = 0;
        foreach (self::documents($name) as [$provider, $owner, $account, $document]) {
            $there = $account === null
                ? $vault->getConfig($provider, $owner)
                : $vault->get($provider, $owner, $account);
            $held = $account === null ? [] : $quarantined["{$provider} {$owner} {$account}"] ?? [];
            self::assertSame($held, $there?->quarantined, "{$provider} {$owner} {$account}");
            $wanted = json_encode(array_diff_key($document, array_flip($held)), self::FLAGS);
            self::assertSame($wanted, $there->document->toJson(), "{$provider} {$owner} {$account}");
            $compared++;
        }
        self::assertGreaterThan(15, $compared);
        $info = $vault->info();
        self::assertSame($compared, $info->connections + $info->configs);
    }

    public function testADryRunReportsTheSameAndWritesNothing(): void
    {
        $vault = $this->open();
        $option = self::option('mixed', LegacyFormat::Php);
        $dry = $vault->importLegacy($option, [self::salt()], dryRun: true);
        self::assertTrue($dry->dryRun);
        self::assertSame(0, $vault->info()->connections + $vault->info()->configs + $vault->info()->kept);
        $real = $vault->importLegacy($option, ['an earlier salt', self::salt()]);
        self::assertSame($dry->counts, $real->counts);
        $outcomes = static fn ($report) => array_map(
            static fn ($entry) => [$entry->path, $entry->outcome, $entry->code],
            $report->entries
        );
        self::assertSame($outcomes($dry), $outcomes($real));
        self::assertGreaterThan(0, $real->count(ImportOutcome::Imported));
        self::assertGreaterThan(0, $real->count(ImportOutcome::Kept));
    }

    public function testASecondRunResurrectsAndOverwritesNothing(): void
    {
        $vault = $this->open();
        $option = self::option('small', LegacyFormat::Php);
        $imported = $vault->importLegacy($option, [self::salt()])->count(ImportOutcome::Imported);
        $vault->delete('reddit', 'site:0');
        $vault->merge('linkedin', 'site:0', ['access_token' => 'fake-newer']);
        $writes = $vault->info()->writes;
        $second = $vault->importLegacy($option, [self::salt()]);
        self::assertSame(0, $second->count(ImportOutcome::Imported));
        self::assertSame($imported, $second->count(ImportOutcome::Unchanged) + $second->count(ImportOutcome::Differs));
        self::assertGreaterThan(0, $second->count(ImportOutcome::Differs));
        self::assertNull($vault->get('reddit', 'site:0'));
        self::assertSame('fake-newer', $vault->get('linkedin', 'site:0')?->document->get('access_token'));
        self::assertSame($writes, $vault->info()->writes);
    }

    public function testWhatJsonCannotHoldIsKept(): void
    {
        $vault = $this->open();
        $report = $vault->importLegacy(self::option('edge', LegacyFormat::Php), [self::salt()]);
        $members = array_column($report->entries[0]->members, 'outcome', 'name');
        self::assertSame(['access_token', 'inf', 'nan', 'obj'], self::sorted(array_keys($members)));
        self::assertSame([ImportOutcome::Kept], array_values(array_unique($members, SORT_REGULAR)));
        self::assertSame('{"username":"binary-secret"}', $vault->get('reddit', 'site:0')?->document->toJson());
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
        return (string) file_get_contents(self::FIXTURES . "/{$name}.{$ending}");
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
        $json = (string) file_get_contents(self::FIXTURES . "/expected-{$name}.json");
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
     * @param list<string> $names
     *
     * @return list<string>
     */
    private static function sorted(array $names): array
    {
        sort($names);
        return $names;
    }
}
