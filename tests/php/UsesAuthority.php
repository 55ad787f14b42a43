<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * A test class with a real authorization server, whose families are accounts. DM_TOKEN_URL is where it renews tokens.
 */
trait UsesAuthority
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

    /** The account at the authorization server; each test has its own. */
    protected function family(): string
    {
        return trim((string) preg_replace('/[^A-Za-z0-9]+/', '-', $this->getName()), '-');
    }

    protected function assertRequests(int $requests): void
    {
        ['requests' => $counted] = self::$authority->counts($this->family());
        self::assertSame($requests, $counted);
    }

    /**
     * How often what happened to it; what is not told did not.
     *
     * @param array<string, int> $counts
     */
    protected function assertCounts(array $counts): void
    {
        $counts += ['requests' => 0, 'rotations' => 0, 'reuses' => 0];
        self::assertEquals($counts, array_intersect_key(self::$authority->counts($this->family()), $counts));
    }
}
