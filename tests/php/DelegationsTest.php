<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\AgentAccess;
use DataMachine\Connections\GrantInfo;
use DataMachine\Connections\GrantOrigin;
use DataMachine\Connections\GrantStatus;
use DataMachine\Connections\ImportMember;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\ImportReport;
use DataMachine\Connections\RunContext;
use DataMachine\Connections\Vault;

/**
 * What the old option had delegated, and what agents own, as somebody who takes a site over meets it.
 */
final class DelegationsTest extends VaultTestCase
{
    private const DELEGATED = [
        'site:0 > event-submissions > agent:5' => 'granted',
        'user:2 > personal.desk_1 > agent:5' => 'granted',
    ];

    public function testTheRealOptionsDelegationsAreGrantsToBeNarrowed(): void
    {
        $vault = $this->open();
        $dry = self::import($vault, true);
        self::assertSame(self::DELEGATED, self::told($dry));
        self::assertSame([], self::of($vault, GrantOrigin::Delegation));
        $report = self::import($vault);
        self::assertEquals($dry->delegations, $report->delegations);
        self::assertContainsOnlyInstancesOf(ImportMember::class, $report->delegations);
        self::assertSame(ImportOutcome::Imported, $report->delegations[0]->outcome);

        $grants = self::of($vault, GrantOrigin::Delegation);
        self::assertSame(['site:0', 'user:2'], array_column($grants, 'owner'));
        [$desk, $personal] = $grants;
        self::assertSame(['read', 'reply', 'search'], $desk->operations);
        self::assertSame(['read'], $personal->operations);
        self::assertSame(
            ['agent:5', 'email_imap', [], 'anyone', 'any', '*', 'user:1', strtotime('2026-11-21T16:55:21+00:00')],
            [
                $desk->agent, $desk->provider, $desk->scopes, $desk->for, $desk->run, $desk->contexts, $desk->grantedBy,
                $desk->grantedAt,
            ],
        );
        self::assertStringContainsString('narrow', (string) $desk->note);
        $box = $vault->find(['provider' => 'email_imap', 'owner' => 'site:0'])->rows[0];
        self::assertSame($box->id, $desk->connection);

        // The old rule, whoever asks; and nothing but it.
        $access = $vault->access();
        self::assertSame('allowed', self::decided($access, 5, 'site:0', ['reply', 'search']));
        self::assertSame('scope_missing', self::decided($access, 5, 'site:0', ['send']));
        self::assertSame('allowed', self::decided($access, 5, 'user:2', ['read']));
        self::assertSame('no_grant', self::decided($access, 6, 'user:2', ['read']));
        // Its own mailbox: everything.
        self::assertSame('allowed', self::decided($access, 5, 'agent:5', ['send', 'delete']));
    }

    public function testWhatIsTakenBackComesBackNeitherWayAndTheReportsSaySo(): void
    {
        $vault = $this->open();
        self::import($vault);
        $desk = self::of($vault, GrantOrigin::Delegation)[0];
        $vault->access()->revoke($desk->id, 'user:1', 'not any more');
        self::assertSame(
            ['ended_since', 'granted_before'],
            array_values(self::told(self::import($vault))),
        );
        $export = $vault->exportLegacy(self::salt());
        self::assertSame(['user:2'], array_keys($export->toArray()['email_imap']['delegations']));
        self::assertCount(1, $export->report->leftOut);
        $left = $export->report->leftOut[0];
        self::assertSame(
            ['kept', 'grant_ended', ['email_imap', 'delegations', 'site:0', 'event-submissions', 'agent:5']],
            [$left->kind, $left->code, $left->path],
        );

        // Who is gone takes along what was theirs; an agent what it had.
        $cleared = $vault->clearOwner('user:2');
        self::assertSame(1, $cleared->delegations);
        self::assertArrayHasKey('delegations', self::option()['email_imap']);
        self::assertArrayNotHasKey('delegations', $vault->exportLegacy(self::salt())->toArray()['email_imap']);
        self::import($vault);
        self::assertSame([], self::active($vault, GrantOrigin::Delegation));
    }

    public function testAMailboxThatIsDeletedEndsWhatWasDelegatedOfIt(): void
    {
        $vault = $this->open();
        self::import($vault);
        $receipt = $vault->delete('email_imap', 'user:2', 'personal.desk_1');
        self::assertSame(1, $receipt->grants);
        $vault->save('email_imap', 'user:2', ['imap_user' => 'new', 'imap_password' => 'fake'], 'personal.desk_1');
        self::assertSame('no_grant', self::decided($vault->access(), 5, 'user:2', ['read']));
        $left = $vault->exportLegacy(self::salt())->report->leftOut;
        self::assertSame(['connection_gone'], array_column($left, 'code'));
    }

    public function testWhatCannotBeAGrantIsToldByNameWithWhatToDo(): void
    {
        $given = ['operations' => ['read'], 'granted_at' => gmdate('c'), 'granted_by' => 3];
        $vault = $this->open();
        $option = ['email_imap' => [
            'delegations' => [
                'site:0' => ['desk' => ['agent:5' => $given, 'agent:6' => ['operations' => ['fly']] + $given]],
                'user:2' => ['gone' => ['agent:5' => $given]],
                'nobody' => ['desk' => ['agent:5' => $given]],
            ],
            'accounts' => ['desk' => ['imap_user' => 'desk']],
        ]];
        $report = $vault->importLegacy(serialize($option), [self::salt()]);
        self::assertSame([
            'site:0 > desk > agent:5' => 'granted',
            'site:0 > desk > agent:6' => 'unknown_operation',
            'user:2 > gone > agent:5' => 'no_connection',
            'nobody > desk > agent:5' => 'bad_owner',
        ], self::told($report));
        self::assertStringContainsString('unsubscribe', $report->delegations[1]->why);
        foreach (array_slice($report->delegations, 1) as $one) {
            self::assertSame(ImportOutcome::Kept, $one->outcome);
        }
        // Nothing is lost on the way back.
        $back = $vault->exportLegacy(self::salt());
        self::assertSame($option['email_imap']['delegations'], $back->toArray()['email_imap']['delegations']);
        self::assertSame([], $back->report->leftOut);
    }

    public function testAnAgentsOwnAccountBringsItsGrantAlongOnce(): void
    {
        $vault = $this->open();
        $access = $vault->access();
        $vault->save('reddit', 'agent:9', ['access_token' => 'fake']);
        $own = self::of($vault, GrantOrigin::OwnAccount);
        self::assertSame(
            [['agent:9', 'agent:9', 'reddit', null, '*', '*', 'library']],
            array_map(static fn (GrantInfo $grant) => [
                $grant->agent, $grant->owner, $grant->provider, $grant->connection, $grant->operations, $grant->scopes,
                $grant->grantedBy,
            ], $own),
        );
        self::assertSame('allowed', self::decided($access, 9, 'agent:9', [], 'reddit'));
        self::assertCount(1, $access->grants(['agent' => 'agent:9', 'origin' => 'own_account'])->rows);
        $access->revoke($own[0]->id, 'user:1');
        $vault->delete('reddit', 'agent:9');
        $vault->save('reddit', 'agent:9', ['access_token' => 'fake']);
        self::assertSame('grant_revoked', self::decided($access, 9, 'agent:9', [], 'reddit'));
        self::assertCount(1, self::of($vault, GrantOrigin::OwnAccount));
    }

    public function testTwoProcessesThatOpenAStoreOfBeforeGiveThemOnce(): void
    {
        $vault = $this->open();
        self::import($vault);
        self::assertCount(2, self::of($vault, GrantOrigin::Delegation));
        self::assertCount(6, self::of($vault, GrantOrigin::OwnAccount));
        $this->sql('DELETE FROM grants; DELETE FROM grant_heads; DELETE FROM grants_given;
            UPDATE store SET upgrades = 0;');
        $count = 'use DataMachine\Connections\{Keys, Vault};
            $vault = Vault::open($arguments["options"] + ["keys" => Keys::base64($arguments["key"])]);
            $grants = $vault->access()->grants(["limit" => 1000])->rows;
            echo count($grants), " ", count(array_unique(array_column($grants, "id")));';
        $arguments = [
            'options' => ['path' => $this->place(), 'site' => self::SITE, 'patience_ms' => 60_000],
            'key' => base64_encode(self::KEY),
        ];
        $both = [new Process($count, $arguments), new Process($count, $arguments)];
        self::assertSame(['8 8', '8 8'], [$both[0]->wait(), $both[1]->wait()]);
        self::assertCount(8, $vault->access()->grants(['limit' => 1000])->rows);
    }

    private static function import(Vault $vault, bool $dryRun = false): ImportReport
    {
        return $vault->importLegacy(serialize(self::option()), [self::salt()], dryRun: $dryRun);
    }

    /**
     * @return array<array-key, mixed>
     */
    private static function option(): array
    {
        return unserialize((string) file_get_contents(__DIR__ . '/../fixtures/mixed.serialized'));
    }

    private static function salt(): string
    {
        return rtrim((string) file_get_contents(__DIR__ . '/../fixtures/SALT.txt'), "\n");
    }

    /**
     * @return array<string, string> the codes by the delegations' names
     */
    private static function told(ImportReport $report): array
    {
        return array_column($report->delegations, 'code', 'name');
    }

    /**
     * @return list<GrantInfo> in the order of their owners
     */
    private static function of(Vault $vault, GrantOrigin $origin): array
    {
        $grants = $vault->access()->grants(['origin' => $origin->value, 'limit' => 1000])->rows;
        usort($grants, static fn (GrantInfo $one, GrantInfo $other) => $one->owner <=> $other->owner);
        foreach ($grants as $grant) {
            self::assertSame($origin, $grant->origin);
        }
        return $grants;
    }

    /**
     * @return list<string> the owners
     */
    private static function active(Vault $vault, GrantOrigin $origin): array
    {
        $active = static fn (GrantInfo $grant) => $grant->status === GrantStatus::Active;
        return array_column(array_filter(self::of($vault, $origin), $active), 'owner');
    }

    /**
     * @param list<string> $operations
     */
    private static function decided(
        AgentAccess $access,
        int $agent,
        string $owner,
        array $operations,
        string $provider = 'email_imap',
    ): string {
        $request = ActingRequest::byAgent($agent)->asking(77)->in(RunContext::Chat)->withoutSession()->withoutFlow()
            ->mayEverything()->manages();
        $decision = $access->check($request, $provider, ['owner' => $owner, 'operations' => $operations]);
        return $decision->reason ?? 'allowed';
    }
}
