<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ImportRefusedException;
use DataMachine\Connections\LegacyEnvelope;
use DataMachine\Connections\LegacyFormat;
use DataMachine\Connections\OptionWritten;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WriteOutcome;

/**
 * Code that reads the old option, changes an array, and writes it.
 */
final class WindowTest extends VaultTestCase
{
    private const FIXTURES = __DIR__ . '/../fixtures';

    public function testWritesAreCounted(): void
    {
        $vault = $this->open();
        $before = $vault->writes();
        self::assertSame($before, $vault->info()->writes);
        $vault->save('reddit', 'site:0', ['a' => 1]);
        self::assertSame($before + 1, $vault->writes());
        self::assertSame($before + 1, $vault->exportLegacy(self::salt())->report->writes);
        self::assertSame((string) ($before + 1), $this->elsewhere('echo $vault->writes();'));
    }

    public function testWhatIsWrittenIsReadAgain(): void
    {
        $vault = $this->imported();
        [$base, $option] = self::handedOut($vault);
        self::assertSame([], $vault->writeOption($base, $base, [self::salt()])->parts);

        $option['twitter']['account']['note'] = ['n' => 1.0, 'e' => []];
        $token = LegacyEnvelope::seal(self::salt(), 'fake-new');
        $option['linkedin']['principals']['user:900']['account'] = ['access_token' => $token];
        $option['reddit']['own_slot'] = "\xff";
        unset($option['youtube']);
        $written = $vault->writeOption($base, serialize($option), [self::salt()]);
        self::assertSame($vault->writes(), $written->writes);
        self::assertSame(
            [2, 1],
            [$written->count(WriteOutcome::Saved), $written->count(WriteOutcome::Kept)]
        );
        self::assertGreaterThan(0, $written->count(WriteOutcome::Deleted));
        self::assertGreaterThan(30, $written->unchanged);
        self::assertSame(['twitter', 'account'], $written->parts[0]->path);
        self::assertSame([WriteOutcome::Saved, 'changed'], [$written->parts[0]->outcome, $written->parts[0]->code]);
        $document = $vault->get('linkedin', 'user:900')?->document->toArray();
        self::assertSame(['access_token' => 'fake-new'], $document);
        self::assertReadsBack($option, $vault);
        // Once more, and nothing is done.
        $again = $vault->writeOption($base, serialize($option), [self::salt()]);
        self::assertSame([[], $written->writes], [$again->parts, $again->writes]);
    }

    public function testAsJsonToo(): void
    {
        $vault = $this->imported();
        $base = $vault->exportLegacy(self::salt(), LegacyFormat::Json)->bytes();
        $option = json_decode($base, true);
        $option['reddit']['config']['new'] = 1.0;
        $json = json_encode($option, JSON_PRESERVE_ZERO_FRACTION);
        $written = $vault->writeOption($base, $json, [self::salt()], LegacyFormat::Json);
        self::assertSame([WriteOutcome::Saved], array_column($written->parts, 'outcome'));
        self::assertSame(1.0, $vault->configs()->get('reddit', 'site:0')?->document->get('new'));
    }

    public function testWithoutABaseTheStoreBecomesTheOption(): void
    {
        $vault = $this->imported();
        [, $option] = self::handedOut($vault);
        $option = array_intersect_key($option, ['twitter' => 1, 'gone_provider' => 1]);
        $vault->writeOption(null, serialize($option), [self::salt()]);
        self::assertReadsBack($option, $vault);
        $vault->writeOption(null, 'a:0:{}', []);
        self::assertSame([], $vault->exportLegacy(self::salt())->toArray());
    }

    public function testDelegationsAreGrants(): void
    {
        $vault = $this->open();
        $vault->save('email_imap', 'user:2', ['imap_user' => 'two'], 'own');
        [$base, $option] = self::handedOut($vault);
        $one = ['operations' => ['read'], 'granted_at' => gmdate('c'), 'granted_by' => 2];
        $option['email_imap']['delegations']['user:2']['own']['agent:5'] = $one;
        $written = $vault->writeOption($base, serialize($option), [self::salt()]);
        self::assertSame(1, $written->count(WriteOutcome::Granted));
        self::assertReadsBack($option, $vault);
        [$base, $option] = self::handedOut($vault);
        unset($option['email_imap']['delegations']);
        $written = $vault->writeOption($base, serialize($option), [self::salt()]);
        self::assertSame(1, $written->count(WriteOutcome::Revoked));
        self::assertReadsBack($option, $vault);
    }

    public function testWhatIsNoOptionIsRefused(): void
    {
        $vault = $this->imported();
        $before = $vault->writes();
        foreach (['', serialize('canary'), serialize(new \stdClass()), 'a:1:{'] as $option) {
            $thrown = self::assertThrows(
                ImportRefusedException::class,
                static fn (): OptionWritten => $vault->writeOption('a:0:{}', $option, [self::salt()])
            );
            self::assertStringNotContainsString('canary', $thrown->getMessage());
        }
        self::assertSame($before, $vault->writes());
    }

    /**
     * Eight processes, each with a provider of its own: by the array that they were handed nothing is lost; replacing
     * all that is there loses what others wrote.
     */
    public function testProcessesThatWriteTheirOwnProviderLoseNothing(): void
    {
        $providers = ['twitter', 'facebook', 'instagram', 'threads', 'reddit', 'linkedin', 'pinterest', 'youtube'];
        $writes = self::size(50, 500);
        $vault = $this->open();
        $lost = [];
        foreach (['$base', 'null'] as $handed) {
            $workers = [];
            foreach ($providers as $provider) {
                $vault->save($provider, 'site:0', ['n' => 0]);
                $workers[] = $this->worker(
                    'for ($n = 1; $n <= $arguments["writes"]; $n++) {
                        $base = $vault->exportLegacy("salt")->bytes();
                        $option = unserialize($base);
                        $option[$arguments["provider"]]["account"]["n"] = $n;
                        $option[$arguments["provider"]]["account"]["of_$n"] = true;
                        $vault->writeOption(' . $handed . ', serialize($option), ["salt"]);
                    }',
                    ['provider' => $provider, 'writes' => $writes]
                );
            }
            touch($this->directory . '/go');
            foreach ($workers as $worker) {
                self::assertSame('', $worker->wait());
            }
            unlink($this->directory . '/go');
            $lost[$handed] = 0;
            foreach ($providers as $provider) {
                $document = $vault->get($provider, 'site:0')?->document->toArray() ?? [];
                $lost[$handed] += $writes + 1 - count($document) + (int) (($document['n'] ?? 0) !== $writes);
            }
        }
        self::assertSame(0, $lost['$base']);
        self::assertGreaterThan(0, $lost['null']);
    }

    private function imported(): Vault
    {
        $vault = $this->open();
        $vault->importLegacy((string) file_get_contents(self::FIXTURES . '/mixed.serialized'), [self::salt()]);
        return $vault;
    }

    /**
     * @return array{string, array<array-key, mixed>}
     */
    private static function handedOut(Vault $vault): array
    {
        $export = $vault->exportLegacy(self::salt());
        return [$export->bytes(), $export->toArray()];
    }

    /**
     * @param array<array-key, mixed> $option
     */
    private static function assertReadsBack(array $option, Vault $vault): void
    {
        $read = static fn (array $option): array => OldRules::read($option, self::salt());
        self::assertSame($read($option), $read($vault->exportLegacy(self::salt())->toArray()));
    }

    private static function salt(): string
    {
        return rtrim((string) file_get_contents(self::FIXTURES . '/SALT.txt'), "\n");
    }
}
