<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\BusyException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;
use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshOptions;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\SaveOptions;
use DataMachine\Connections\Status;

/**
 * Renewing tokens at a real authorization server: each answer, and what is stored then.
 */
final class RefreshTest extends RefreshTestCase
{
    public function testTheNewTokensAreLaidOverTheAccount(): void
    {
        $vault = $this->open();
        $before = $this->connect($vault, more: ['username' => 'ada', 'extra' => [1.0, null]]);
        $old = $vault->get('reddit', 'user:1')->document->toArray();
        $refreshed = $this->refresh($vault);
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
        $new = $refreshed->connection->document->toArray();
        self::assertSame($new, $vault->get('reddit', 'user:1')->document->toArray());
        self::assertSame(array_keys($old), array_keys($new));
        self::assertSame(['username' => 'ada', 'extra' => [1.0, null]], array_slice($new, 0, 2));
        foreach (['access_token', 'refresh_token', 'token_expires_at'] as $renewed) {
            self::assertNotSame($old[$renewed], $new[$renewed]);
        }
        self::assertSame([$before->id, Status::Active], [$refreshed->connection->id, $refreshed->connection->status]);
        self::assertSame($new['token_expires_at'], $refreshed->connection->expiresAt);
        self::assertGreaterThan($before->revision, $refreshed->connection->revision);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);

        $again = $vault->refresh($before, self::notAsked(...));
        self::assertSame(RefreshOutcome::Fresh, $again->outcome);
        self::assertSame($new, $again->connection->document->toArray());
        self::assertNull($again->cause);
        // What was stored is good: the authority knows it, and nothing was spent twice.
        self::assertTrue(self::$authority->renews($new['refresh_token']));
        $this->assertCounts(['requests' => 2, 'rotations' => 2]);
    }

    /**
     * @return array<string, array{array<string, ?string>}>
     */
    public static function noRefreshTokens(): array
    {
        return ['none' => [[]], 'null' => [['refresh_token' => null]], 'an empty one' => [['refresh_token' => '']]];
    }

    /**
     * @dataProvider noRefreshTokens
     *
     * @param array<string, ?string> $none
     */
    public function testAnAnswerWithoutARefreshTokenKeepsTheOldOne(array $none): void
    {
        $vault = $this->open();
        $this->connect($vault);
        self::$authority->fault($this->family(), ['answer' => 'without_refresh_token']);
        $old = $vault->get('reddit', 'user:1')->document;
        $patch = static fn (RefreshRequest $request) => $none + self::renew($request);
        $refreshed = $vault->refresh($this->row($vault), $patch);
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
        self::assertSame($old->get('refresh_token'), $refreshed->connection->document->get('refresh_token'));
        self::assertNotSame($old->get('access_token'), $refreshed->connection->document->get('access_token'));
    }

    public function testTheCallableIsToldWhatItNeeds(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $seen = [];
        $look = static function (RefreshRequest $request) use (&$seen): RefreshFailure {
            $seen[] = $request;
            return RefreshFailure::answered(503);
        };
        $vault->refresh($row, $look, new RefreshOptions(httpTimeout: 40));
        $vault->configs()->save('reddit', 'site:0', ['client_id' => 'of the site']);
        $vault->refresh($row, $look, ['force' => true]);
        $vault->configs()->save('reddit', 'user:1', ['client_id' => 'of the user']);
        $vault->refresh($row, $look, ['force' => true]);
        self::assertCount(3, $seen);
        $document = $vault->get('reddit', 'user:1')->document;
        self::assertSame($document->toJson(), $seen[0]->connection->document->toJson());
        self::assertSame([$row->id, 'user:1'], [$seen[0]->connection->id, $seen[0]->connection->owner]);
        self::assertSame(['refresh_token', 'refresh_token'], [$seen[0]->grantType, $seen[0]->spends]);
        self::assertSame($document->get('refresh_token'), $seen[0]->token());
        self::assertSame([null, 'of the site', 'of the user'], array_map(
            static fn (RefreshRequest $request) => $request->config?->get('client_id'),
            $seen
        ));
        self::assertFalse($seen[0]->lost);
        self::assertEqualsWithDelta(time(), $seen[0]->now, 60);
        self::assertGreaterThanOrEqual(40, $seen[0]->deadline - $seen[0]->now);
    }

    public function testARefusalIsFinalAndTheProviderIsNotAskedAgain(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        self::$authority->withdraws($this->family());
        $refreshed = $this->refresh($vault);
        self::assertSame([RefreshOutcome::Dead, null], [$refreshed->outcome, $refreshed->connection]);
        self::assertSame('refresh_refused', $refreshed->cause);
        $again = $vault->refresh($row, self::notAsked(...), ['force' => true]);
        self::assertSame([RefreshOutcome::Dead, 'refresh_refused'], [$again->outcome, $again->cause]);
        $row = $this->row($vault);
        self::assertSame([Status::NeedsReauth, 'refresh_refused'], [$row->status, $row->statusCause]);
        $this->assertCounts(['requests' => 1]);
        self::assertCount(1, $vault->audit()->query(['event' => 'needs_reauth']));

        // The person comes back.
        $this->connect($vault);
        self::assertSame(RefreshOutcome::Refreshed, $this->refresh($vault)->outcome);
    }

    public function testAnOutageIsWaitedOutUnlessAPersonAsks(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        self::$authority->fault($this->family(), ['answer' => ['status' => ['code' => 503]]]);
        $refreshed = $this->refresh($vault);
        self::assertSame([RefreshOutcome::Backoff, 'unavailable'], [$refreshed->outcome, $refreshed->cause]);
        self::assertSame(1, $refreshed->failures);
        self::assertGreaterThanOrEqual(time() - 5, $refreshed->until);
        self::assertNotNull($refreshed->connection);
        $again = $vault->refresh($row, self::notAsked(...));
        self::assertSame([RefreshOutcome::Backoff, $refreshed->until], [$again->outcome, $again->until]);
        self::assertNotNull($again->connection->document->get('access_token'));
        $this->assertCounts(['requests' => 1]);
        self::assertSame(RefreshOutcome::Refreshed, $this->refresh($vault, ['force' => true])->outcome);
    }

    public function testRetryAfterCounts(): void
    {
        $vault = $this->open();
        $this->connect($vault);
        $fault = ['answer' => ['status' => ['code' => 429, 'retry_after' => 5000]]];
        self::$authority->fault($this->family(), $fault);
        $refreshed = $this->refresh($vault);
        self::assertSame([RefreshOutcome::Backoff, 'rate_limited'], [$refreshed->outcome, $refreshed->cause]);
        self::assertGreaterThan(time() + 4000, $refreshed->until);
    }

    /**
     * @return array<string, array{array<string, mixed>}>
     */
    public static function lostAnswers(): array
    {
        return [
            'nothing' => [['answer' => 'nothing']],
            'half of it' => [['answer' => 'half']],
            'no JSON' => [['answer' => 'malformed']],
        ];
    }

    /**
     * @dataProvider lostAnswers
     *
     * @param array<string, mixed> $fault
     */
    public function testAnAnswerThatGotLostIsToldAsThat(array $fault): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        self::$authority->fault($this->family(), $fault);
        self::assertSame(RefreshOutcome::Backoff, $this->refresh($vault)->outcome);
        // The one try that is left: it was rotated, so the person has to come.
        $lost = null;
        $last = $vault->refresh($row, static function (RefreshRequest $request) use (&$lost): array|RefreshFailure {
            $lost = $request->lost;
            return self::renew($request);
        }, ['force' => true]);
        self::assertTrue($lost);
        self::assertSame([RefreshOutcome::Dead, 'answer_lost'], [$last->outcome, $last->cause]);
        $this->assertCounts(['requests' => 2, 'rotations' => 1, 'reuses' => 1]);
    }

    public function testWhatCannotBeRenewedIsUsedToItsEnd(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, static fn () => RefreshFailure::unsupported());
        self::assertSame(RefreshOutcome::Unsupported, $refreshed->outcome);
        self::assertNotNull($refreshed->connection);
        $vault->save('reddit', 'user:1', ['access_token' => 'fake', 'token_expires_at' => time() - 1]);
        $refreshed = $vault->refresh($this->row($vault), self::notAsked(...));
        self::assertSame(RefreshOutcome::Unsupported, $refreshed->outcome);
        self::assertSame('nothing_to_spend', $refreshed->cause);
    }

    public function testAMemberMayBeNamedForAnAccountThatTheCatalogueDoesNotKnow(): void
    {
        $vault = $this->open();
        $vault->save('unheard-of', 'user:1', ['session' => 'canary', 'token_expires_at' => time() - 1]);
        $row = $this->row($vault, 'unheard-of');
        $refreshed = $vault->refresh($row, static function (RefreshRequest $request): array {
            self::assertSame(['session', 'canary'], [$request->spends, $request->token()]);
            return ['session' => 'canary-2', 'token_expires_at' => $request->now + 3600];
        }, ['fallback' => 'session']);
        self::assertSame('canary-2', $refreshed->connection->document->get('session'));
    }

    public function testATokenThatTheProviderRefusedIsRenewedOnce(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', self::$authority->consents($this->family(), left: 3600));
        $row = $this->row($vault);
        self::assertSame(RefreshOutcome::Fresh, $vault->refresh($row, self::notAsked(...))->outcome);
        $rejected = ['rejected_revision' => $row->revision];
        self::assertSame(RefreshOutcome::Refreshed, $this->refresh($vault, $rejected)->outcome);
        self::assertSame(RefreshOutcome::Fresh, $vault->refresh($row, self::notAsked(...), $rejected)->outcome);
    }

    public function testWhatTheCallableSavedItselfMeanwhileStays(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault, more: ['scope' => 'read']);
        $refreshed = $vault->refresh($row, static function (RefreshRequest $request) use ($vault, $row): array {
            $patch = self::renew($request);
            $kept = ['refresh_token' => $patch['refresh_token'], 'scope' => 'read submit'];
            $saved = $vault->merge('reddit', 'user:1', $kept, options: new SaveOptions(renewed: true));
            $request->savedAs($saved->revision);
            self::assertSame(RefreshOutcome::Busy, $vault->refreshStatus($row)->outcome, 'Others still wait for it.');
            return ['access_token' => $patch['access_token'], 'token_expires_at' => $patch['token_expires_at']];
        });
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
        self::assertSame('read submit', $refreshed->connection->document->get('scope'));
        self::assertTrue(self::$authority->renews($refreshed->connection->document->get('refresh_token')));
        $this->assertCounts(['requests' => 2, 'rotations' => 2]);
    }

    public function testWhatCameTooLateIsNotStored(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, function (RefreshRequest $request) use ($vault): array {
            $patch = self::renew($request);
            // Meanwhile the person connects it anew.
            $vault->save('reddit', 'user:1', ['access_token' => 'newer', 'refresh_token' => 'newer']);
            return $patch;
        });
        self::assertSame([RefreshOutcome::Fresh, 'lease_lost'], [$refreshed->outcome, $refreshed->cause]);
        self::assertSame('newer', $refreshed->connection->document->get('access_token'));

        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, function (RefreshRequest $request) use ($vault): array {
            $vault->delete('reddit', 'user:1');
            return self::renew($request);
        });
        self::assertSame([RefreshOutcome::Fresh, 'lease_lost'], [$refreshed->outcome, $refreshed->cause]);
        self::assertNull($refreshed->connection);
        self::assertNull($vault->get('reddit', 'user:1'));
    }

    public function testWhatIsNoAnswerIsRefusedAndCountsAsNone(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        foreach ([null, true, 'token', [], ['token'], new \stdClass()] as $nonsense) {
            $thrown = self::assertThrows(
                InvalidArgumentException::class,
                static fn () => $vault->refresh($row, static fn () => $nonsense, ['force' => true])
            );
            self::assertStringNotContainsString('token', $thrown->getMessage());
        }
        self::assertThrows(InvalidDocumentException::class, static fn () => $vault->refresh(
            $row,
            static fn () => ['access_token' => "\xff"],
            ['force' => true]
        ));
        $failures = [
            static fn () => RefreshFailure::answered(0),
            static fn () => RefreshFailure::refused("\xff"),
            static fn () => RefreshFailure::answered(429, retryAfter: -1),
        ];
        foreach ($failures as $nonsense) {
            $refresh = static fn () => $vault->refresh($row, $nonsense, ['force' => true]);
            self::assertThrows(InvalidArgumentException::class, $refresh);
        }
        // Ten failures: the provider is left alone for a while, and nobody waits for this one.
        $next = $vault->refresh($row, self::notAsked(...), ['patience_ms' => 0]);
        self::assertSame([RefreshOutcome::Backoff, 'unavailable', 10], [$next->outcome, $next->cause, $next->failures]);
        $forced = $this->refresh($vault, ['patience_ms' => 0, 'force' => true]);
        self::assertSame(RefreshOutcome::Refreshed, $forced->outcome);
    }

    public function testItDoesNotWaitForItself(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, static function (RefreshRequest $request) use ($vault, $row): array {
            $nested = static fn () => $vault->refresh($row, self::notAsked(...));
            $thrown = self::assertThrows(InvalidArgumentException::class, $nested);
            self::assertStringContainsString('wait for itself', $thrown->getMessage());
            // Another connection's is no matter.
            $vault->save('reddit', 'user:2', ['access_token' => 'x', 'refresh_token' => 'y', 'token_expires_at' => 1]);
            $other = $vault->find(['owner' => 'user:2'])->rows[0];
            $failed = $vault->refresh($other, static fn () => RefreshFailure::unanswered());
            self::assertSame(RefreshOutcome::Backoff, $failed->outcome);
            return self::renew($request);
        });
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
    }

    public function testItDoesNotWaitForAFiberThatStandsStill(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $nested = static fn () => $vault->refresh($row, self::notAsked(...));
        $fiber = new \Fiber(static fn () => $vault->refresh($row, static function ($request) use ($nested): array {
            \Fiber::suspend();
            $within = new \Fiber(static fn () => self::assertThrows(InvalidArgumentException::class, $nested));
            $within->start();
            return self::renew($request);
        })->outcome);
        $fiber->start();
        self::assertThrows(InvalidArgumentException::class, $nested);
        $fiber->resume();
        self::assertSame(RefreshOutcome::Refreshed, $fiber->getReturn());
        self::assertSame(RefreshOutcome::Fresh, $nested()->outcome);
    }

    public function testWhatIsThrownGoesOn(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $thrown = new \RuntimeException('mine');
        try {
            $vault->refresh($row, static fn () => throw $thrown);
            self::fail('It was swallowed.');
        } catch (\RuntimeException $caught) {
            self::assertSame($thrown, $caught);
        }
        $again = $vault->refresh($row, self::notAsked(...));
        self::assertSame([RefreshOutcome::Backoff, 'unavailable'], [$again->outcome, $again->cause]);
        self::assertSame(RefreshOutcome::Refreshed, $this->refresh($vault, ['force' => true])->outcome);
    }

    public function testABusyStoreIsWaitedForWithTheOnlyGoodToken(): void
    {
        $vault = $this->open(['patience_ms' => 100]);
        $row = $this->connect($vault);
        $ready = $this->directory . '/ready';
        $holder = null;
        $gate = $this->place() . '/gate.lock';
        $refreshed = $vault->refresh($row, static function ($request) use ($vault, $ready, $gate, &$holder): array {
            $patch = self::renew($request);
            $holder = new Process(
                '$gate = fopen($arguments["gate"], "r+"); flock($gate, LOCK_EX); touch($arguments["ready"]);
                usleep(1_000_000);',
                ['gate' => $gate, 'ready' => $ready]
            );
            self::assertTrue(self::waitFor($ready));
            self::assertThrows(BusyException::class, static fn () => $vault->info());
            return $patch;
        });
        self::assertSame('', $holder?->wait());
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    public function testWhatIsDueIsGivenToOneOnly(): void
    {
        $vault = $this->open();
        self::assertCount(0, $vault->refreshDue());
        foreach (['site:0', 'user:1', 'agent:7'] as $owner) {
            $vault->save('reddit', $owner, ['access_token' => 'x', 'refresh_token' => 'y', 'token_expires_at' => 1]);
        }
        $vault->save('twitter', 'site:0', ['access_token' => 'x', 'access_token_secret' => 'y']);
        $first = $vault->refreshDue(2);
        $then = $vault->refreshDue(2);
        self::assertCount(2, $first);
        self::assertCount(1, $then);
        $owners = array_map(static fn ($row) => $row->owner, [...$first, ...$then]);
        self::assertEqualsCanonicalizing(['site:0', 'user:1', 'agent:7'], $owners);
        self::assertCount(0, $vault->refreshDue());
        self::assertSame(RefreshOutcome::Backoff, $vault->refresh(
            $first->connections[0],
            static fn () => RefreshFailure::unanswered()
        )->outcome);
    }
}
