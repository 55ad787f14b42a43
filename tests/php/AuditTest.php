<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\AuditAnchor;
use DataMachine\Connections\AuditQuery;
use DataMachine\Connections\AuditRecord;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Grant;

/**
 * What happened, as PHP reads it, and what verifying says of it.
 */
final class AuditTest extends VaultTestCase
{
    public function testEveryWriteIsListed(): void
    {
        $vault = $this->open();
        $saved = $vault->save('reddit', 'user:12', ['access_token' => 'canary-token']);
        $vault->merge('reddit', 'user:12', ['access_token' => 'canary-second']);
        $vault->configs()->save('reddit', 'site:0', ['client_secret' => 'canary-config']);
        $vault->delete('reddit', 'user:12');

        $page = $vault->audit()->query();
        $events = array_map(static fn (AuditRecord $record) => $record->event, $page->rows);
        self::assertSame(['begun', 'saved', 'merged', 'saved', 'deleted'], $events);
        self::assertNull($page->next);
        $record = $page->rows[1];
        self::assertSame([$saved->id, 'user:12', null, true], [
            $record->connection, $record->subject, $record->agent, $record->intact,
        ]);
        self::assertSame(['connection', 'reddit', 'default'], [
            $record->details['kind'], $record->details['provider'], $record->details['account'],
        ]);
        self::assertStringNotContainsString('canary', print_r($page, true));

        $newest = $vault->audit()->query(new AuditQuery(subject: 'user:12', newestFirst: true, limit: 2));
        self::assertSame([5, 3], array_map(static fn (AuditRecord $record) => $record->sequence, $newest->rows));
        $rest = $vault->audit()->query(new AuditQuery(subject: 'user:12', newestFirst: true, after: $newest->next));
        self::assertSame([2], array_map(static fn (AuditRecord $record) => $record->sequence, $rest->rows));
        self::assertCount(1, $vault->audit()->query(['event' => 'merged']));
        self::assertCount(3, $vault->audit()->query(['connection' => $saved->id]));
        self::assertCount(0, $vault->audit()->query(['agent' => 'agent:7', 'since' => 1]));
        foreach ([['limit' => 1001], ['agent' => 'seven'], ['after' => 'x'], ['whose' => 'user:1']] as $wrong) {
            self::assertThrows(InvalidArgumentException::class, static fn () => $vault->audit()->query($wrong));
        }
    }

    public function testVerifyingAnchoringAndPruning(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:12', ['access_token' => 'one']);
        $kept = $vault->audit()->anchor()->toJson();
        $vault->save('reddit', 'user:12', ['access_token' => 'two']);
        $anchor = AuditAnchor::fromJson($kept);
        $verified = $vault->audit()->verify($anchor);
        self::assertSame([true, [], 3, 1], [$verified->ok, $verified->findings, $verified->records, $verified->rows]);

        $forged = AuditAnchor::fromJson(str_replace('"sequence":2', '"sequence":3', $kept));
        $found = $vault->audit()->verify($forged);
        self::assertFalse($found->ok);
        self::assertSame('anchor_differs', $found->findings[0]->code);
        self::assertNotSame('', $found->findings[0]->message);

        $nothing = $vault->audit()->prune(1000);
        self::assertSame([0, 0, 0], [$nothing->pruned, $nothing->carried, $nothing->accepted]);
        sleep(1);
        $pruned = $vault->audit()->prune(time());
        self::assertSame([3, 1, 0, 0], [$pruned->pruned, $pruned->carried, $pruned->refusals, $pruned->accepted]);
        self::assertTrue($vault->audit()->verify($pruned->anchor)->ok);
        self::assertSame('anchor_pruned', $vault->audit()->verify($anchor)->findings[0]->code);

        self::assertThrows(InvalidArgumentException::class, static fn () => AuditAnchor::fromJson('no anchor'));
    }

    public function testGrantsThatWereTakenAwayAreNamedWithAgentAndOwner(): void
    {
        $vault = $this->open();
        $access = $vault->access();
        $access->grant(Grant::to(7)->use('instagram')->of('user:12')->operations('publish')->by('user:12'));
        $verified = $vault->audit()->verify();
        self::assertSame(
            [true, 2, 0, 1],
            [$verified->ok, $verified->records, $verified->rows, $verified->pairs],
        );
        $sql = 'DELETE FROM grants; DELETE FROM grant_heads';
        Process::run('(new SQLite3($arguments[0]))->exec($arguments[1]);', [
            $this->place() . '/connections.sqlite', $sql,
        ]);
        $found = $vault->audit()->verify()->findings;
        self::assertCount(1, $found);
        self::assertSame(
            ['pair_missing', 2, 'agent:7', 'user:12', null],
            [$found[0]->code, $found[0]->sequence, $found[0]->agent, $found[0]->owner, $found[0]->connection],
        );
        $access->revokeAll('cli', agent: 7, owner: 'user:12', why: 'put in order');
        self::assertSame(
            ['grant_created', 'pair_reset'],
            array_map(
                static fn (AuditRecord $record) => $record->event,
                $vault->audit()->query(['agent' => 'agent:7'])->rows
            ),
        );
    }
}
