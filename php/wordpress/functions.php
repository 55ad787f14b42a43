<?php

/**
 * What other plugins call: whether an agent may use a connection, asked before it is offered a tool for it; and the
 * credential, when it does.
 *
 * phpcs:disable PSR1.Files.SideEffects
 */

declare(strict_types=1);

use DataMachine\Connections\Acquired;
use DataMachine\Connections\WordPress\Access;

if (!function_exists('datamachine_connections_can')) {
    /**
     * Whether who asks now may use a provider's account.
     *
     * @param string               $provider its slug, such as `instagram`
     * @param list<string>         $scopes   what is needed; none, where any will do
     * @param array<string, mixed> $context  see Access::of()
     */
    function datamachine_connections_can(string $provider, array $scopes = [], array $context = []): bool
    {
        return Access::of($context)->can($provider, $scopes);
    }

    /**
     * The same for many, in one question.
     *
     * @param array<string, array{provider: string, scopes?: list<string>, operations?: list<string>}> $tools what each
     *        of them needs, by its name; also `owner`, `account`, `connection`
     * @param array<string, mixed> $context see Access::of()
     *
     * @return array<string, bool> by the tools' names
     */
    function datamachine_connections_can_each(array $tools, array $context = []): array
    {
        return Access::of($context)->each($tools);
    }

    /**
     * What a provider is called with, for one call: decided, counted and recorded before it is handed out.
     *
     * @param array{owner?: string, account?: string, scopes?: list<string>, operations?: list<string>} $wanted
     * @param array<string, mixed> $context see Access::of()
     *
     * @return Acquired|null `$allowed` says whether, `$decision` why not, `get('access_token')` what; null where nobody
     *                       can be asked now, because the site's connections cannot be reached
     */
    function datamachine_connections_acquire(string $provider, array $wanted = [], array $context = []): ?Acquired
    {
        return Access::of($context)->acquire($provider, $wanted);
    }
}
