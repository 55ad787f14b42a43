<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Query;
use DataMachine\Connections\Refreshed;
use DataMachine\Connections\RefreshOptions;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Core\OAuth\BaseOAuth2Provider;

/**
 * Renews an account's tokens through the `do_refresh_token()` of its provider's class, under a lease. Whoever owns it:
 *
 *     Renewal::of($provider, 'user:7');
 */
final class Renewal
{
    /** What Data Machine's HTTP client waits at most. */
    private const HTTP_SECONDS = 120;

    /**
     * @param Refreshed|null $refreshed what came of it; null where it could not be asked, see `get_last_error()`
     * @param string|null    $error     what the class said went wrong, without secrets; null where it was not asked, or
     *                                  nothing did
     */
    private function __construct(public readonly ?Refreshed $refreshed, public readonly ?string $error)
    {
    }

    /**
     * Renews an account where that is due. Nothing is thrown but what the class throws.
     *
     * @param string   $owner      `site:0`, `user:N`, `agent:N`
     * @param bool     $force      a person asks: also where it is not due, or failures are being waited out
     * @param int|null $patienceMs how long to wait for somebody else who is at it; the store's where nothing is said
     */
    public static function of(
        BaseOAuth2Provider $provider,
        string $owner = Principals::SITE,
        string $account = Names::DEFAULT,
        bool $force = false,
        ?int $patienceMs = null,
    ): self {
        $slug = $provider->get_provider_slug();
        $renewing = new Renewing($provider, $owner, $account);
        $options = new RefreshOptions(
            margin: max(0, (new \ReflectionMethod($provider, 'get_refresh_buffer_seconds'))->invoke($provider)),
            force: $force,
            fallback: 'access_token',
            httpTimeout: self::HTTP_SECONDS,
            patienceMs: $patienceMs,
        );
        $query = new Query(provider: $slug, owner: $owner, account: $account, limit: 1);
        $refreshed = Failures::guard($slug, static function () use ($query, $renewing, $options): ?Refreshed {
            $row = Runtime::vault()->find($query)->rows[0] ?? null;
            return $row === null ? null : self::refreshed($row, $renewing, $options);
        }, null);
        if ($renewing->thrown !== null) {
            throw $renewing->thrown;
        }
        self::log($renewing, $refreshed);
        if ($refreshed?->outcome === RefreshOutcome::Refreshed && $renewing->place() === Storage::SITES) {
            $provider->schedule_proactive_refresh();
        }
        return new self($refreshed, $renewing->error);
    }

    /**
     * How it ended; null where it could not be asked.
     */
    public function outcome(): ?RefreshOutcome
    {
        return $this->refreshed?->outcome;
    }

    private static function refreshed(
        ConnectionInfo $row,
        #[\SensitiveParameter] Renewing $renewing,
        RefreshOptions $options,
    ): ?Refreshed {
        try {
            return Runtime::vault()->refresh($row, $renewing->answer(...), $options);
        } catch (\Throwable $thrown) {
            return $thrown === $renewing->thrown ? null : throw $renewing->instead($thrown);
        }
    }

    private static function log(#[\SensitiveParameter] Renewing $renewing, ?Refreshed $refreshed): void
    {
        [$owner, $account] = $renewing->place();
        $context = ['provider' => $renewing->provider->get_provider_slug()];
        $context += $owner === Principals::SITE ? [] : ['owner' => $owner];
        $context += $account === Names::DEFAULT ? [] : ['account' => $account];
        if ($renewing->error !== null) {
            WordPress::log('error', 'OAuth2: Token refresh failed', $context + ['error' => $renewing->error]);
        }
        if ($refreshed?->outcome === RefreshOutcome::Refreshed) {
            $context['expires_at'] = $refreshed->connection?->expiresAt;
            WordPress::log('info', 'OAuth2: Token refreshed successfully', $context);
        }
    }
}
