<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Grant;
use DataMachine\Connections\RunContext;

/**
 * The stories of issue 4 in which a credential is handed out, in as many processes as they are about.
 */
final class AcquireTest extends AgentTestCase
{
    private const PUBLISH = ['operations' => ['publish']];
    /** What a process does that is given the facts of a request: once, and says what came of it. */
    private const ACQUIRE = '$acquire = static function () use ($vault, $arguments): string {
        $request = DataMachine\Connections\ActingRequest::byAgent(7)->asking(1)
            ->in(DataMachine\Connections\RunContext::Chat)->withoutSession()->withoutFlow()->mayEverything()->manages();
        $acquired = $vault->access()->acquire($request, "instagram", ["operations" => ["publish"]]);
        return $acquired->allowed ? $acquired->get("access_token") : $acquired->decision->reason;
    };';

    public function testAToolGetsTheTokenForWhoAsksAndNothingForAnybodyElse(): void
    {
        $this->connect('user:1');
        $this->connect('user:2');
        $publish = Grant::to(7)->use('instagram')->operations('publish')->inChat();
        $this->access->grant($publish->of('user:1')->by('user:1'));
        $acquired = $this->access->acquire(self::chat(1), 'instagram', self::PUBLISH);
        self::assertTrue($acquired->allowed, (string) $acquired->decision->message);
        // No secret of the app's, nor what renews the access.
        self::assertSame(
            ['access_token' => 'token of user:1', 'user_id' => 'id of user:1'],
            $acquired->credential?->toArray(),
        );
        foreach (['acting_user_mismatch' => 'user:1', 'no_grant' => 'user:2'] as $reason => $owner) {
            $refused = $this->access->acquire(self::chat(2), 'instagram', ['owner' => $owner] + self::PUBLISH);
            self::assertSame([false, $reason], [$refused->allowed, $refused->decision->reason]);
            self::assertNull($refused->credential);
            self::assertNull($refused->get('access_token'));
        }
        $query = ['agent' => 'agent:7', 'event' => 'acquired', 'newest_first' => true];
        $last = $this->vault->audit()->query($query)->rows;
        self::assertCount(1, $last);
        self::assertSame($acquired->decision->connection, $last[0]->connection);
        self::assertTrue($this->vault->audit()->verify()->ok);
    }

    public function testANightFlowGetsTheTokenUntilSomebodyElseEditsItOrItsOwnerGoes(): void
    {
        $this->connect('user:1');
        [$before, $after] = [hash('sha256', 'as it was'), hash('sha256', 'as somebody left it')];
        $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->inFlow(5, $before)->by('user:1'),
        );
        $night = fn (string $digest) => $this->access->acquire(
            ActingRequest::byAgent(7)->scheduled(1)->in(RunContext::Pipeline)->withoutSession()
                ->inFlow(5, 1, $digest)->mayEverything()->manages(),
            'instagram',
            self::PUBLISH,
        );
        self::assertSame('token of user:1', $night($before)->get('access_token'));
        $edited = $night($after);
        self::assertSame([null, 'flow_changed'], [$edited->credential, $edited->decision->reason]);
        self::assertSame('confirm_flow', $edited->decision->remedy()?->code);

        self::assertSame([1, 1], [$this->vault->clearOwner('user:1')->connections, count($this->access->grants())]);
        $gone = $night($before);
        self::assertSame([null, 'no_connection'], [$gone->credential, $gone->decision->reason]);
    }

    public function testAPipelineWithoutAPersonGetsTheSitesToken(): void
    {
        $this->connect('user:1');
        $this->connect('site:0');
        $publish = Grant::to(7)->use('instagram')->operations('publish');
        $this->access->grant($publish->of('site:0')->forNobody()->inPipelines()->by('cli'));
        $this->access->grant($publish->of('user:1')->by('user:1'));
        $pipeline = ActingRequest::byAgent(7)->withoutPerson()->in(RunContext::Pipeline)->withoutSession()
            ->withoutFlow()->mayEverything()->manages();
        $acquired = $this->access->acquire($pipeline, 'instagram', self::PUBLISH);
        self::assertSame('token of site:0', $acquired->get('access_token'));
        $theirs = $this->access->acquire($pipeline, 'instagram', ['owner' => 'user:1'] + self::PUBLISH);
        self::assertSame([null, 'acting_user_mismatch'], [$theirs->credential, $theirs->decision->reason]);
    }

    public function testOfEightProcessesExactlyThreeUseAGrantForThreeUses(): void
    {
        $this->connect('user:1');
        $grant = $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->times(3)->by('user:1'),
        );
        $workers = [];
        for ($n = 0; $n < 8; $n++) {
            $workers[] = $this->worker(self::ACQUIRE . 'echo $acquire();');
        }
        touch($this->directory . '/go');
        $said = array_map(static fn (Process $worker) => $worker->wait(), $workers);
        sort($said);
        self::assertSame(
            [...array_fill(0, 5, 'grant_exhausted'), ...array_fill(0, 3, 'token of user:1')],
            $said,
        );
        self::assertSame(0, $this->access->grants()->rows[0]->usesLeft);
        $uses = $this->vault->audit()->query(['event' => 'acquired'])->rows;
        self::assertSame(array_fill(0, 3, $grant->id), array_map(static fn ($use) => $use->grant, $uses));
        self::assertTrue($this->vault->audit()->verify()->ok);
    }

    /**
     * The other process has it open all the time, and has used it a moment before.
     */
    public function testTakenBackInOneProcessItIsRefusedInTheNextCallOfAnother(): void
    {
        $this->connect('user:1');
        $grant = $this->access->grant(
            Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1'),
        );
        [$used, $revoked] = [$this->directory . '/used', $this->directory . '/revoked'];
        $other = $this->worker(
            self::ACQUIRE . 'echo $acquire(), "\n";
                touch($arguments["used"]);
                while (!file_exists($arguments["revoked"])) { usleep(1000); clearstatcache(); }
                echo $acquire();',
            ['used' => $used, 'revoked' => $revoked],
        );
        touch($this->directory . '/go');
        $until = microtime(true) + 60;
        while (!file_exists($used) && microtime(true) < $until) {
            usleep(1000);
            clearstatcache();
        }
        self::assertSame(1, $this->access->revoke($grant->id, 'user:1')->revoked);
        touch($revoked);
        self::assertSame("token of user:1\ngrant_revoked", $other->wait());
    }

    private function connect(string $owner): string
    {
        return $this->vault->save('instagram', $owner, [
            'access_token' => "token of {$owner}",
            'user_id' => "id of {$owner}",
            'refresh_token' => 'canary',
            'app_secret' => 'canary',
        ])->id;
    }
}
