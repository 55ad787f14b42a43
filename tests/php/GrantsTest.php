<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\Grant;
use DataMachine\Connections\GrantStatus;
use DataMachine\Connections\Mode;
use DataMachine\Connections\OwnerClass;
use DataMachine\Connections\RunContext;
use DataMachine\Connections\SaveOptions;
use DataMachine\Connections\Status;

/**
 * The stories of issue 4 that need no credential handed out, as the author of a provider would write them. The others
 * are in AcquireTest.
 */
final class GrantsTest extends AgentTestCase
{
    private const PUBLISH = ['operations' => ['publish']];

    public function testAChatAgentPostsForWhoAsksAndForNobodyElse(): void
    {
        $this->connect('user:1');
        $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->inChat()->by('user:1'),
        );
        $decision = $this->access->check(self::chat(1), 'instagram', self::PUBLISH);
        self::assertTrue($decision->allowed, (string) $decision->message);
        self::assertNull($decision->remedy());
        self::assertSame(
            ['user:1', OwnerClass::Personal, 'default', ['publish']],
            [$decision->owner, $decision->ownerClass, $decision->account, $decision->operations],
        );

        $refused = $this->access->check(self::chat(2), 'instagram', self::PUBLISH);
        self::assertFalse($refused->allowed);
        self::assertSame(['acting_user_mismatch', 'grant.for'], [$refused->reason, $refused->clause]);
        self::assertSame(
            ['grant', 'owner', 'user:1'],
            [$refused->remedy()?->code, $refused->remedy()?->who, $refused->remedy()?->whose],
        );
        $named = $this->access->check(self::chat(2), 'instagram', ['owner' => 'user:1'] + self::PUBLISH);
        self::assertSame('acting_user_mismatch', $named->reason);
    }

    public function testANightFlowPostsUntilSomebodyElseEditsIt(): void
    {
        $this->connect('user:1');
        [$before, $after] = [hash('sha256', 'as it was'), hash('sha256', 'as somebody left it')];
        $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->inFlow(5, $before)->by('user:1'),
        );
        $night = self::flow(1, 1, $before);
        self::assertTrue($this->access->check($night, 'instagram', self::PUBLISH)->allowed);
        $edited = $this->access->check(self::flow(1, 1, $after), 'instagram', self::PUBLISH);
        self::assertSame(['flow_changed', 'grant.flow.digest'], [$edited->reason, $edited->clause]);
        self::assertSame(
            ['confirm_flow', 'flow_owner', 'user:1'],
            [$edited->remedy()?->code, $edited->remedy()?->who, $edited->remedy()?->whose],
        );
        // A flow of another's that says it runs for the first is none of theirs.
        $others = $this->access->check(self::flow(1, 2, $before), 'instagram', self::PUBLISH);
        self::assertSame('acting_user_mismatch', $others->reason);

        // Its owner looks at it, and confirms.
        $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->inFlow(5, $after)->by('user:1'),
        );
        self::assertTrue($this->access->check(self::flow(1, 1, $after), 'instagram', self::PUBLISH)->allowed);

        // Who is gone takes it along.
        $cleared = $this->vault->clearOwner('user:1');
        self::assertSame([1, 2], [$cleared->connections, $cleared->grants]);
        self::assertSame('no_connection', $this->access->check($night, 'instagram', self::PUBLISH)->reason);
    }

    public function testAPipelineWithoutAPersonUsesTheSitesAccountAndNobodysOwn(): void
    {
        $this->connect('user:1');
        $site = $this->connect('site:0');
        $everything = Grant::to(7)->use('instagram')->operations('publish');
        $this->access->grant($everything->of('site:0')->forNobody()->inPipelines()->by('cli', 'every night'));
        $this->access->grant($everything->of('user:1')->by('user:1'));
        $pipeline = self::known(ActingRequest::byAgent(7)->withoutPerson()->in(RunContext::Pipeline));
        $decision = $this->access->check($pipeline, 'instagram', self::PUBLISH);
        self::assertSame([true, $site], [$decision->allowed, $decision->connection]);
        $theirs = $this->access->check($pipeline, 'instagram', ['owner' => 'user:1'] + self::PUBLISH);
        self::assertSame('acting_user_mismatch', $theirs->reason);
    }

    public function testAnyOfAnOwnersAccountsGoesOnWorkingAfterAReconnect(): void
    {
        $first = $this->connect('user:1');
        $any = Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1');
        $this->access->grant($any);
        $byId = Grant::to(8)->useConnection($first)->operations('publish')->by('user:1');
        $this->access->grant($byId);
        $receipt = $this->vault->delete('instagram', 'user:1');
        self::assertSame([true, 1], [$receipt->deleted, $receipt->grants]);
        $second = $this->connect('user:1');
        self::assertNotSame($first, $second);
        self::assertSame($second, $this->access->check(self::chat(1), 'instagram', self::PUBLISH)->connection);
        self::assertSame('no_grant', $this->access->check(self::chat(1, 8), 'instagram', self::PUBLISH)->reason);
        self::assertThrows(NotFoundException::class, fn () => $this->access->grant($byId));
    }

    public function testTwoAccountsAndNoName(): void
    {
        $this->connect('user:1', 'work');
        $this->connect('user:1', 'home');
        $this->access->grant(Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1'));
        $decision = $this->access->check(self::chat(1), 'instagram', self::PUBLISH);
        self::assertSame('ambiguous_account', $decision->reason);
        self::assertSame(['name_account', 'caller'], [$decision->remedy()?->code, $decision->remedy()?->who]);
        self::assertSame(
            [['owner' => 'user:1', 'account' => 'home'], ['owner' => 'user:1', 'account' => 'work']],
            $decision->remedy()?->accounts,
        );
        $named = $this->access->check(self::chat(1), 'instagram', ['account' => 'work'] + self::PUBLISH);
        self::assertSame([true, 'work'], [$named->allowed, $named->account]);
    }

    public function testWhatIsOnlyForReadingDoesNotPublish(): void
    {
        $this->connect('user:1', 'default', ['instagram_basic', 'instagram_content_publish']);
        $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->scopes('instagram_basic')->by('user:1'),
        );
        self::assertTrue($this->access->check(self::chat(1), 'instagram', ['operations' => ['read']])->allowed);
        $decision = $this->access->check(self::chat(1), 'instagram', self::PUBLISH);
        self::assertSame(['scope_missing', 'grant.powers'], [$decision->reason, $decision->clause]);
        self::assertSame(['widen', ['publish']], [$decision->remedy()?->code, $decision->remedy()?->operations]);
    }

    public function testTakenBackInOneProcessItIsRefusedInTheNextCallOfAnother(): void
    {
        $this->connect('user:1');
        $grant = $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1'),
        );
        $asking = self::chat(1);
        self::assertTrue($this->access->check($asking, 'instagram', self::PUBLISH)->allowed);
        $printed = $this->elsewhere("\$gone = \$vault->access()->revoke('{$grant->id}', 'user:1', 'enough');
            echo \$gone->revoked;");
        self::assertSame('1', $printed);
        $decision = $this->access->check($asking, 'instagram', self::PUBLISH);
        self::assertSame(['grant_revoked', $grant->id], [$decision->reason, $decision->grant]);
        $revoked = $this->access->grants(['agent' => 'agent:7'])->rows[0];
        self::assertSame(
            [GrantStatus::Revoked, 'user:1', 'enough'],
            [$revoked->status, $revoked->revokedBy, $revoked->revokedWhy],
        );
        self::assertSame(0, $this->access->revoke($grant->id, 'user:1')->revoked);
    }

    public function testAnAgentsListShowsOnlyWhatWouldWork(): void
    {
        $this->connect('user:1');
        $this->vault->save('reddit', 'user:1', ['access_token' => 't']);
        $this->access->grant(Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1'));
        $before = $this->vault->info()->writes;
        $decisions = $this->access->tools(self::chat(1), [
            'instagram_publish' => ['provider' => 'instagram'] + self::PUBLISH,
            'instagram_comment' => ['provider' => 'instagram', 'operations' => ['comment']],
            'reddit_submit' => ['provider' => 'reddit', 'operations' => ['publish']],
            'threads' => ['provider' => 'threads'],
        ]);
        $reasons = array_map(static fn ($decision) => $decision->reason, $decisions);
        ksort($reasons);
        self::assertSame([
            'instagram_comment' => 'scope_missing',
            'instagram_publish' => null,
            'reddit_submit' => 'no_grant',
            'threads' => 'no_connection',
        ], $reasons);
        self::assertSame([], $this->access->tools(self::chat(1), []));
        self::assertSame($before, $this->vault->info()->writes, 'nothing is written');
        self::assertThrows(
            InvalidArgumentException::class,
            fn () => $this->access->tools(self::chat(1), [['provider' => 'reddit']]),
        );
        $many = array_fill_keys(array_map(static fn ($n) => "tool{$n}", range(1, 1000)), ['provider' => 'reddit']);
        self::assertCount(1000, $this->access->tools(self::chat(1), $many));
    }

    public function testItSaysWhyAtLengthAndTheOtherWayRound(): void
    {
        $first = $this->connect('user:1', 'work');
        $second = $this->connect('user:1', 'home');
        $only = $this->access->grant(Grant::to(7)->useConnection($first)->operations('publish')->by('user:1'));
        $late = $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->everything()->from(time() + 3600)->by('user:1'),
        );
        $explained = $this->access->explain(self::chat(1), 'instagram', self::PUBLISH);
        self::assertTrue($explained->decision->allowed);
        $considered = array_column($explained->considered, null, 'connection');
        self::assertTrue($considered[$first]->allowed);
        self::assertEquals([$only->id => null, $late->id => 'grant_not_yet'], $considered[$first]->grants);
        self::assertSame('grant_not_yet', $considered[$second]->reason);
        self::assertSame('wait', $considered[$second]->remedy?->code);
        self::assertSame([$late->id => 'grant_not_yet'], $considered[$second]->grants);

        $ids = static fn (iterable $uses) => array_map(static fn ($use) => $use->grant->id, [...$uses]);
        self::assertSame([$only->id], $ids($this->access->whoCanUse($first)));
        self::assertSame([], $ids($this->access->whoCanUse($second)));
        self::assertThrows(NotFoundException::class, fn () => $this->access->whoCanUse($only->id));
    }

    public function testItSaysWhoCanUseWhatForWhomAndWhatForbids(): void
    {
        $first = $this->connect('user:1', 'work');
        $this->connect('user:1', 'home');
        $any = Grant::to(7)->use('instagram')->of('user:1')->everything()->by('user:1');
        $permits = $this->access->grant($any);
        $forbids = $this->access->grant(Grant::against(7)->useConnection($first)->operations('publish')->by('user:1'));
        $explained = $this->access->explain(self::chat(1), 'instagram', ['connection' => $first] + self::PUBLISH);
        self::assertSame($forbids->id, $explained->considered[0]->grant);

        $uses = [];
        foreach ($this->access->whoCanUse($first) as $use) {
            $uses[$use->grant->id] = [$use->grant->forbids, $use->people, $use->forbids];
        }
        ksort($uses);
        $expected = [
            $permits->id => [false, ['user:1'], [$forbids->id]],
            $forbids->id => [true, 'anyone', []],
        ];
        ksort($expected);
        self::assertSame($expected, $uses);
        $connections = [];
        foreach ($this->access->whatCanUse('agent:7') as $one) {
            foreach ($one->connections as $connection) {
                $connections["{$connection->connection->account} {$one->grant->id}"] = $connection->forbids;
            }
        }
        ksort($connections);
        $expected = [
            "home {$permits->id}" => [], "work {$forbids->id}" => [], "work {$permits->id}" => [$forbids->id],
        ];
        ksort($expected);
        self::assertSame($expected, $connections);

        $this->vault->setStatus('instagram', 'user:1', Status::NeedsReauth, 'work');
        self::assertSame(
            ['needs_reauth', Status::NeedsReauth],
            [$this->access->whoCanUse($first)->reason, $this->access->whoCanUse($first)->connection->status],
        );
    }

    /**
     * A page of a hundred of which none is live comes before one that is.
     */
    public function testWhoAsksWhoCanUseSeesBeyondAnEmptyPage(): void
    {
        $connection = $this->connect('user:1');
        $grant = Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1');
        for ($n = 0; $n < 101; $n++) {
            $this->access->grant($grant->from(4_000_000_000));
        }
        $begun = time();
        while (time() === $begun) {
            usleep(50_000);
        }
        $live = $this->access->grant($grant);
        self::assertSame([$live->id], array_map(
            static fn ($use) => $use->grant->id,
            [...$this->access->whoCanUse($connection)],
        ));
        self::assertSame([$live->id], array_map(
            static fn ($one) => $one->grant->id,
            [...$this->access->whatCanUse(7)],
        ));
    }

    /**
     * A page of a hundred that all are allowed by now comes before one that is not.
     */
    public function testProposalsAreSeenBeyondAnEmptyPage(): void
    {
        $this->connect('user:1');
        $wanted = ['owner' => 'user:1'];
        for ($agent = 1; $agent <= 101; $agent++) {
            $decision = $this->access->admit(self::chat(1, $agent), 'instagram', $wanted, Mode::Observe);
            self::assertFalse($decision->allowed);
        }
        self::assertCount(101, [...$this->access->proposals()]);
        $accepted = 0;
        foreach ($this->access->proposals() as $proposal) {
            if ($accepted++ < 100) {
                $this->access->accept($proposal->id, by: 'user:1');
            }
        }
        self::assertSame(101, $accepted, 'What is accepted meanwhile takes nothing away from who goes on.');
        self::assertSame([$proposal->id], array_column([...$this->access->proposals()], 'id'));
    }

    /**
     * As the callback of a provider does it: who connected the account said on the same page who may use it.
     */
    public function testAnAccountIsConnectedTogetherWithWhatAgentsMayDo(): void
    {
        $connect = fn (string $account, Grant ...$grants) => $this->vault->save(
            'instagram',
            'user:1',
            ['access_token' => 'fake', 'user_id' => $account],
            options: ['grants' => array_values($grants), 'replace' => true],
        );
        $publish = Grant::to(7)->operations('publish')->inChat()->by('user:1');
        $saved = $connect('42', $publish, Grant::to(8)->onlyThis()->everything()->by('user:1', 'asked for'));
        self::assertCount(2, $saved->grants);
        $decision = $this->access->check(self::chat(1), 'instagram', self::PUBLISH);
        self::assertSame([true, $saved->grants[0]], [$decision->allowed, $decision->grant]);
        $given = array_column($this->access->grants()->rows, null, 'id');
        self::assertSame([null, 'user:1'], [$given[$saved->grants[0]]->connection, $given[$saved->grants[0]]->owner]);
        self::assertSame($saved->id, $given[$saved->grants[1]]->connection);

        // Connected again it is the same grant; another account in its place ends what named the one before.
        self::assertSame([$saved->grants[0]], $connect('42', $publish)->grants);
        self::assertSame(1, $connect('43', $publish)->endedGrants);
        self::assertSame('no_grant', $this->access->check(self::chat(1, 8), 'instagram')->reason);
        $options = new SaveOptions(grants: [$publish->operations('read')]);
        self::assertCount(1, $this->vault->save('threads', 'user:1', [], options: $options)->grants);
        self::assertSame([], $this->vault->save('threads', 'user:1', [])->grants);
    }

    public function testOneGrantThatIsRefusedRefusesTheAccount(): void
    {
        $good = Grant::to(7)->operations('publish')->by('user:1');
        $wrong = [
            'operations: the catalogue does not know fly' => $good->operations('fly'),
            'connection, owner, provider: leave them out' => $good->use('instagram')->of('user:1'),
            'operations, scopes: say what' => Grant::to(7)->by('user:1'),
        ];
        foreach ($wrong as $message => $grant) {
            $thrown = self::assertThrows(InvalidArgumentException::class, fn () => $this->vault->save(
                'instagram',
                'user:1',
                ['access_token' => 'fake'],
                options: ['grants' => [$good, $grant]],
            ));
            self::assertStringContainsString("grants[1]: {$message}", $thrown->getMessage());
        }
        self::assertNull($this->vault->get('instagram', 'user:1'));
        self::assertCount(0, $this->access->grants());
        self::assertThrows(
            InvalidArgumentException::class,
            fn () => $this->vault->configs()->save('instagram', 'user:1', [], ['grants' => [$good]]),
        );
        self::assertThrows(InvalidArgumentException::class, fn () => $this->access->grant(
            $good->use('instagram')->of('user:1')->onlyThis(),
        ));
    }

    public function testAGrantReadsAsItWasGiven(): void
    {
        $until = new \DateTimeImmutable('@4000000000');
        $given = $this->access->grant(
            Grant::against('agent:7')->use('reddit')->of('org:acme')->operations('publish')->scopes('read')
                ->in(RunContext::Chat, RunContext::Rest)->inSession('s-1')->forUsers(3, 'user:4')->from(1000)
                ->until($until)->note('not now')->by('cli', 'asked for'),
        );
        $read = $this->access->grants(['owner' => 'org:acme', 'provider' => 'reddit', 'revoked' => false])->rows[0];
        self::assertEquals($given, $read);
        self::assertSame(
            [true, GrantStatus::Active, OwnerClass::Service],
            [$read->forbids, $read->status, $read->ownerClass],
        );
        self::assertSame([['publish'], ['read']], [$read->operations, $read->scopes]);
        self::assertSame(['chat', 'rest'], $read->contexts);
        self::assertSame([['session' => 's-1'], ['users' => ['user:3', 'user:4']]], [$read->run, $read->for]);
        self::assertSame([1000, 4_000_000_000, null], [$read->notBefore, $read->expiresAt, $read->usesLeft]);
        self::assertSame(['not now', 'cli', 'asked for'], [$read->note, $read->grantedBy, $read->grantedWhy]);
        self::assertTrue($read->integrity);
        self::assertSame(1, $this->access->revokeAll('cli', 7, 'org:acme')->revoked);
        self::assertCount(0, $this->access->grants(['revoked' => false]));
        self::assertThrows(InvalidArgumentException::class, fn () => $this->access->revokeAll('cli'));
        self::assertThrows(InvalidArgumentException::class, fn () => $this->access->revoke('', 'cli'));
    }

    /**
     * @param list<string>|null $scopes
     */
    private function connect(string $owner, string $account = 'default', ?array $scopes = null): string
    {
        $options = $scopes === null ? [] : ['scopes' => $scopes];
        return $this->vault->save('instagram', $owner, ['access_token' => 'fake'], $account, $options)->id;
    }

    private static function flow(int $user, int $owner, string $digest): ActingRequest
    {
        return self::known(ActingRequest::byAgent(7)->scheduled($user)->in(RunContext::Pipeline))
            ->inFlow(5, $owner, $digest);
    }
}
