<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Refreshed;
use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\Vault;

/**
 * A test with a real authorization server, whose families are accounts.
 */
abstract class RefreshTestCase extends VaultTestCase
{
    protected static Authority $authority;

    public static function setUpBeforeClass(): void
    {
        self::$authority = new Authority();
        putenv('DM_TOKEN_URL=' . self::$authority->token);
    }

    public static function tearDownAfterClass(): void
    {
        putenv('DM_TOKEN_URL');
        self::$authority->stop();
    }

    protected function tearDown(): void
    {
        self::$authority->mended();
        parent::tearDown();
    }

    /**
     * A person connects an account, whose access token has ended by now.
     *
     * @param array<string, mixed> $terms
     * @param array<string, mixed> $more  further members
     */
    protected function connect(Vault $vault, array $terms = [], array $more = []): ConnectionInfo
    {
        $vault->save('reddit', 'user:1', $more + self::$authority->consents($this->family(), $terms));
        return $this->row($vault);
    }

    protected function row(Vault $vault, string $slug = 'reddit'): ConnectionInfo
    {
        return $vault->find(['provider' => $slug, 'owner' => 'user:1'])->rows[0];
    }

    /** The account at the authorization server; each test has its own. */
    protected function family(): string
    {
        return $this->getName(false);
    }

    /**
     * @param array<string, mixed> $options
     */
    protected function refresh(Vault $vault, array $options = []): Refreshed
    {
        return $vault->refresh($this->row($vault), self::renew(...), $options);
    }

    protected static function renew(RefreshRequest $request): array|RefreshFailure
    {
        return Authority::renew(self::$authority->token, $request);
    }

    /** What must not be called. */
    protected static function never(): never
    {
        self::fail('The provider was asked.');
    }

    /**
     * @param array<string, int> $counts
     */
    protected function assertCounts(array $counts): void
    {
        $counts += ['requests' => 0, 'rotations' => 0, 'reuses' => 0];
        $counted = array_intersect_key(self::$authority->counts($this->family()), $counts);
        self::assertEquals($counts, $counted);
    }
}
