<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Grant;
use DataMachine\Connections\RunContext;

/**
 * Who is asking is for the site to say: this package knows no WordPress.
 */
final class SiteTest extends VaultTestCase
{
    protected function tearDown(): void
    {
        ActingRequest::askedOf(null);
        parent::tearDown();
    }

    public function testCurrentIsWhatTheSiteSaysAtThatMoment(): void
    {
        $vault = $this->open();
        $vault->save('instagram', 'user:1', ['access_token' => 'fake']);
        $vault->access()->grant(Grant::to(7)->use('instagram')->of('user:1')->operations('publish')->by('user:1'));
        $decide = static fn () => $vault->access()->check(ActingRequest::current(), 'instagram', ['owner' => 'user:1']);

        self::assertSame([], ActingRequest::current()->toArray());
        self::assertSame(['unknown_fact', 'agent'], [$decide()->reason, $decide()->fact]);

        $user = 1;
        ActingRequest::askedOf(static function () use (&$user): ActingRequest {
            return ActingRequest::byAgent(7)->asking($user)->in(RunContext::Chat)
                ->withoutSession()->withoutFlow()->mayEverything()->manages();
        });
        self::assertTrue($decide()->allowed);
        $user = 2;
        self::assertSame('acting_user_mismatch', $decide()->reason);
    }
}
