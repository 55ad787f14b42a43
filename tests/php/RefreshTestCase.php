<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Refreshed;
use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\Vault;

/**
 * A test of renewing the Reddit account of user 1 at a real authorization server.
 */
abstract class RefreshTestCase extends VaultTestCase
{
    use UsesAuthority;

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
    protected static function notAsked(): never
    {
        self::fail('The provider was asked.');
    }
}
