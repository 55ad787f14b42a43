<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

use DataMachine\Connections\Dropin\AuthorizationFlow;
use DataMachine\Connections\Dropin\Redaction;
use DataMachine\Connections\Dropin\Renewal;
use DataMachine\Connections\Dropin\Standing;
use DataMachine\Connections\Dropin\Storage;
use DataMachine\Connections\Dropin\WordPress;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\Status;

// Upstream's names are kept.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Data Machine's base class of OAuth 2 providers, on the vault: a token is renewed by one process at a time, and none
 * that came back with it is lost.
 *
 * App config: `client_id`, `client_secret`. Account: `access_token`, `refresh_token`, `token_expires_at`,
 * `last_refreshed_at`. Children implement `do_refresh_token()`; all else is there. What belongs to a person's consent
 * (state, PKCE, codes) is upstream's `OAuth2Handler`'s.
 *
 * While a child answers `do_refresh_token()`, the account that it reads and saves is the one that is renewed, whoever
 * owns it; see `Renewal`.
 */
abstract class BaseOAuth2Provider extends BaseAuthProvider
{
    use AuthorizationFlow;

    /** 7 days, in seconds. */
    private const BUFFER = 604_800;
    /** How long after a renewal that is not due, or somebody else's, the next one is looked for, in seconds. */
    private const SOON = 60;
    /** The same, where something went wrong that is nobody's answer. */
    private const LATER = 600;

    /** @var OAuth2Handler|null upstream's, for state and callbacks; untyped, as children may declare it anew */
    protected $oauth2;

    private bool $recovering = false;

    /**
     * @param string $provider_slug such as `reddit`
     */
    public function __construct(string $provider_slug)
    {
        parent::__construct($provider_slug);
        $this->oauth2 = class_exists(OAuth2Handler::class) ? new OAuth2Handler() : null;
        if (function_exists('add_action')) {
            add_action($this->get_cron_hook_name(), [$this, 'handle_cron_refresh']);
        }
    }

    /**
     * Where a person is sent to, to connect an account; '' where that is not possible.
     */
    abstract public function get_authorization_url(): string;

    /**
     * Ends the flow: the person is back, and the account is saved.
     *
     * @return mixed
     */
    abstract public function handle_oauth_callback();

    /**
     * Whether the app config needs a `client_secret`: public clients have none.
     */
    protected function requires_client_secret(): bool
    {
        return true;
    }

    /**
     * Whether the account can be used: its access token lasts, or can be renewed. Nothing is decrypted while it lasts,
     * unless a child knows better.
     */
    public function is_authenticated(): bool
    {
        if (Standing::overrides($this, 'get_account', BaseAuthProvider::class)) {
            $account = $this->get_account();
            return !empty($account['access_token']) && !self::isOver($account['token_expires_at'] ?? null);
        }
        $status = Standing::status($this->get_provider_slug(), ...Storage::place($this));
        if ($status === Status::Active && !Standing::overrides($this, 'is_authenticated', self::class)) {
            return true;
        }
        if (!in_array($status, [Status::Active, Status::Expired], true)) {
            return false;
        }
        $account = $this->get_account();
        $renews = !empty($account['refresh_token']) && !self::isOver($account['refresh_token_expires_at'] ?? null);
        return !empty($account['access_token']) && ($status === Status::Active || $renews);
    }

    /**
     * The site's access token, renewed where it is about to end; null where there is none that can be used.
     */
    public function get_valid_access_token(): ?string
    {
        $account = $this->get_account();
        if (empty($account['access_token'])) {
            return null;
        }
        $left = isset($account['token_expires_at']) ? (int) $account['token_expires_at'] - time() : PHP_INT_MAX;
        if ($left >= 0 && ($left >= $this->get_refresh_buffer_seconds() || $left >= $this->margin($account))) {
            return (string) $account['access_token'];
        }
        // Nobody waits for another process while the token is still good; nor a class for itself.
        $within = Storage::renewalBy($this) !== null;
        $renewal = $within ? null : Renewal::of($this, patienceMs: $left >= 0 ? 0 : null);
        return $this->tokenAfter($renewal, $account);
    }

    /**
     * Asks the provider for new tokens. Children override it, and may save what else they got with `save_account()`.
     *
     * @param string $current_token the access token
     *
     * @return array<string, mixed>|\WP_Error|null `access_token`, `expires_at` (Unix seconds), and what else is to be
     *                                             stored; an error; null where these tokens cannot be renewed
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        return null;
    }

    /**
     * How long before its end a token is renewed, in seconds. One that lives shorter than twice that is renewed after
     * half its life.
     */
    protected function get_refresh_buffer_seconds(): int
    {
        return self::BUFFER;
    }

    /**
     * The hook of WP-Cron's event that renews the site's account.
     */
    public function get_cron_hook_name(): string
    {
        return "datamachine_refresh_token_{$this->provider_slug}";
    }

    /**
     * Plans the renewal of the site's account, in place of what was planned; where its time has come already, renews it
     * now. Whether it is planned or was renewed.
     */
    public function schedule_proactive_refresh(): bool
    {
        if (Storage::place($this) !== Storage::SITES) {
            // What is planned is the site's.
            return false;
        }
        $this->clear_proactive_refresh();
        $account = $this->get_account();
        if (empty($account['token_expires_at'])) {
            return false;
        }
        $due = (int) $account['token_expires_at'] - $this->margin($account);
        if ($due > time()) {
            return $this->plan($due);
        }
        if ($this->recovering || Storage::renewalBy($this) !== null) {
            return $this->planNext($account);
        }
        WordPress::log('info', 'OAuth2: The time to refresh has passed, trying now', $this->logged($account));
        $this->recovering = true;
        try {
            $renewed = $this->attempt_recovery_refresh() !== null;
        } finally {
            $this->recovering = false;
        }
        if ($renewed) {
            $this->planNext($this->get_account());
        }
        return $renewed;
    }

    /**
     * What WP-Cron's event does: renews the site's account where that is due, and plans the next time.
     */
    public function handle_cron_refresh(): void
    {
        $account = $this->get_account();
        $context = ['provider' => $this->provider_slug];
        $renewal = $account === [] ? null : $this->renewByCron();
        $dead = $renewal?->outcome() === RefreshOutcome::Dead;
        // One that was saved without a token waits for it, and has none to lose.
        if ($renewal === null || ($dead && $renewal->refreshed?->cause === Status::Pending->value)) {
            WordPress::log('debug', 'OAuth2: Cron refresh skipped, there is no account', $context);
            return;
        }
        $done = in_array($renewal->outcome(), [RefreshOutcome::Fresh, RefreshOutcome::Refreshed], true);
        if ($done || (!$dead && !self::isOver($account['token_expires_at'] ?? null))) {
            $until = $renewal->refreshed?->until;
            $message = $until === null ? 'OAuth2: Cron refresh completed' : 'OAuth2: Cron refresh put off';
            WordPress::log('info', $message, $context + array_filter(['until' => $until]));
            return;
        }
        $message = 'OAuth2: Cron refresh failed. Re-authorize in WP Admin > Data Machine > Settings.';
        WordPress::log('error', $message, $context);
        WordPress::action('datamachine_oauth_refresh_failed', $this->provider_slug, $account);
    }

    /**
     * Renews the site's account now, whether that is due or not, or failures are being waited out. The new token; null
     * where there is none. Action: `datamachine_oauth_refresh_failed` (slug, account).
     */
    protected function attempt_recovery_refresh(): ?string
    {
        $account = $this->get_account();
        if ($account === []) {
            return null;
        }
        $renewal = Renewal::of($this, force: true);
        if ($renewal->error !== null || $renewal->outcome() === RefreshOutcome::Dead) {
            $message = 'OAuth2: Recovery refresh failed. Re-authorize in WP Admin > Data Machine > Settings.';
            WordPress::log('error', $message, $this->logged($account) + ['error' => $renewal->error]);
            WordPress::action('datamachine_oauth_refresh_failed', $this->provider_slug, $account);
            return null;
        }
        return match ($renewal->outcome()) {
            RefreshOutcome::Refreshed, RefreshOutcome::Fresh => $this->tokenAfter($renewal, $account),
            default => null,
        };
    }

    /**
     * Forgets the planned renewal.
     */
    public function clear_proactive_refresh(): void
    {
        WordPress::unschedule($this->get_cron_hook_name());
    }

    /**
     * Deletes the site's account, and forgets its planned renewal; true also where there was none.
     */
    public function clear_account(): bool
    {
        if (Storage::place($this) === Storage::SITES) {
            $this->clear_proactive_refresh();
        }
        return parent::clear_account();
    }

    /**
     * Who the site's account is, its scopes and times, for REST and screens; null where there is none.
     *
     * @return array<string, mixed>|null
     */
    public function get_account_details(): ?array
    {
        $account = array_filter($this->get_account());
        if (!isset($account['access_token'])) {
            return null;
        }
        $details = Redaction::details(array_intersect_key($account, array_flip(['username', 'name', 'scope'])));
        $times = ['last_refreshed' => 'last_refreshed_at', 'token_expires_at' => 'token_expires_at'];
        foreach ($times as $shown => $name) {
            $details += isset($account[$name]) ? [$shown => WordPress::date((int) $account[$name])] : [];
        }
        return $details;
    }

    /**
     * @param array<string, mixed> $account as it was before
     */
    private function tokenAfter(?Renewal $renewal, #[\SensitiveParameter] array $account): ?string
    {
        $stored = $renewal?->refreshed?->connection?->document->toArray();
        $account = $stored === null ? $account : $this->decrypt_fields($stored);
        $renewed = $renewal?->outcome() === RefreshOutcome::Refreshed;
        $over = !$renewed && self::isOver($account['token_expires_at'] ?? null);
        return $over || empty($account['access_token']) ? null : (string) $account['access_token'];
    }

    /**
     * How long before its end an account is renewed: at most half of its life, where that is known.
     *
     * @param array<string, mixed> $account
     */
    private function margin(#[\SensitiveParameter] array $account): int
    {
        $buffer = $this->get_refresh_buffer_seconds();
        $since = $account['last_refreshed_at'] ?? $account['authenticated_at'] ?? null;
        $life = is_numeric($since) ? (int) ($account['token_expires_at'] ?? 0) - (int) $since : 0;
        return $life > 0 ? min($buffer, intdiv($life, 2)) : $buffer;
    }

    /**
     * Plans to look again: when it is due, or in half of the time that is left.
     *
     * @param array<string, mixed> $account
     */
    private function planNext(#[\SensitiveParameter] array $account): bool
    {
        $ends = (int) ($account['token_expires_at'] ?? 0);
        $left = $ends - time();
        $halfway = time() + max(self::SOON, intdiv($left, 2));
        return $left > 0 && $this->plan(max($ends - $this->margin($account), $halfway));
    }

    private function renewByCron(): Renewal
    {
        try {
            $renewal = Renewal::of($this, patienceMs: 0);
        } catch (\Throwable $thrown) {
            $this->plan(time() + self::LATER);
            throw $thrown;
        }
        $soon = time() + self::SOON;
        $until = $renewal->refreshed?->until;
        match ($renewal->outcome()) {
            RefreshOutcome::Fresh => $this->planNext($this->get_account()),
            RefreshOutcome::Busy => $this->plan($soon),
            RefreshOutcome::Backoff => $until !== null && $this->plan(max($until, $soon)),
            // Without a reason there is nothing in the vault.
            null => $this->get_last_error() !== null && $this->plan(time() + self::LATER),
            default => null,
        };
        return $renewal;
    }

    private function plan(int $time): bool
    {
        $planned = WordPress::schedule($this->get_cron_hook_name(), $time);
        if ($planned) {
            $context = ['provider' => $this->provider_slug, 'refresh_at' => WordPress::date($time)];
            WordPress::log('debug', 'OAuth2: Scheduled proactive token refresh', $context);
        }
        return $planned;
    }

    /**
     * @param array<string, mixed> $account
     *
     * @return array<string, mixed>
     */
    private function logged(#[\SensitiveParameter] array $account): array
    {
        $ends = $account['token_expires_at'] ?? null;
        return ['provider' => $this->provider_slug]
            + (is_numeric($ends) ? ['expires_at' => WordPress::date((int) $ends)] : []);
    }

    private static function isOver(mixed $time): bool
    {
        return isset($time) && time() > (int) $time;
    }
}
