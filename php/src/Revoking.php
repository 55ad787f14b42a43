<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\IntegrityException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\KeyUnavailableException;

/**
 * Asks a provider to end an access, before the connection is destroyed here.
 *
 * @internal
 */
final class Revoking
{
    /**
     * What to say with the disconnection, and what was thrown while the provider was asked.
     *
     * @param array{string, string, string}                      $row    provider, owner and account
     * @param callable(Connection, ?AppConfig): RevocationAnswer $revoke
     *
     * @return array{array<string, mixed>, ?\Throwable}
     */
    public static function ask(Vault $vault, array $row, #[\SensitiveParameter] callable $revoke): array
    {
        [$provider, $owner, $account] = $row;
        try {
            $connection = $vault->get($provider, $owner, $account);
        } catch (IntegrityException | KeyUnavailableException) {
            $found = $vault->find(new Query(provider: $provider, owner: $owner, account: $account, limit: 1))->rows;
            return [['reason' => 'unreadable', 'id' => ($found[0] ?? null)?->id], null];
        }
        if ($connection === null) {
            // One that is connected just now was not asked about.
            return [['if_revision' => 0], null];
        }
        if ($vault->info()->clone) {
            // The tokens are the live site's as well.
            return [['reason' => 'cloned_site', 'id' => $connection->id], null];
        }
        [$answer, $thrown] = self::answer($revoke, $connection, self::appConfig($vault, $provider, $owner));
        return [[
            'at_provider' => $answer->atProvider->value,
            'reason' => $answer->reason,
            'id' => $connection->id,
        ], $thrown];
    }

    /**
     * @param callable(Connection, ?AppConfig): RevocationAnswer $revoke
     *
     * @return array{RevocationAnswer, ?\Throwable}
     */
    private static function answer(
        #[\SensitiveParameter] callable $revoke,
        Connection $connection,
        ?AppConfig $config,
    ): array {
        try {
            $answer = $revoke($connection, $config);
            return $answer instanceof RevocationAnswer
                ? [$answer, null]
                : throw new InvalidArgumentException('The callable has to return a RevocationAnswer.');
        } catch (\Throwable $thrown) {
            return [RevocationAnswer::thrown($thrown), $thrown];
        }
    }

    private static function appConfig(Vault $vault, string $provider, string $owner): ?AppConfig
    {
        try {
            return $vault->configs()->get($provider, $owner) ?? $vault->configs()->get($provider, 'site:0');
        } catch (IntegrityException | KeyUnavailableException) {
            return null;
        }
    }
}
