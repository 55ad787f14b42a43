<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

use DataMachine\Abilities\PermissionHelper;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Plays Data Machine's class of 0.175.11 with sentences of our own: what it renews it writes back as it read it before.
 *
 * @SuppressWarnings(PHPMD.UnusedFormalParameter)
 */
abstract class BaseOAuth2Provider extends BaseAuthProvider
{
    protected $oauth2;
    private bool $begun = false;

    public function __construct(string $provider_slug)
    {
        parent::__construct($provider_slug);
        $this->oauth2 = new OAuth2Handler();
        add_action($this->get_cron_hook_name(), [$this, 'handle_cron_refresh']);
    }

    protected function requires_client_secret(): bool
    {
        return true;
    }

    public function get_oauth_response_type(): string
    {
        return 'code';
    }

    public function uses_pkce(): bool
    {
        return false;
    }

    public function is_configured(): bool
    {
        $config = $this->get_config();
        return !empty($config['client_id']) && (!$this->requires_client_secret() || !empty($config['client_secret']));
    }

    public function is_authenticated(): bool
    {
        $account = $this->get_account();
        return !empty($account['access_token']) && self::left($account) >= 0;
    }

    public function get_valid_access_token(): ?string
    {
        $account = $this->get_account();
        if (empty($account['access_token'])) {
            return null;
        }
        if (self::left($account) >= $this->get_refresh_buffer_seconds()) {
            return $account['access_token'];
        }
        $answer = $this->do_refresh_token($account['access_token']);
        if (is_array($answer) && !empty($answer['access_token'])) {
            return $this->renewed($account, $answer, 'OAuth2: Token refreshed successfully');
        }
        if ($answer !== null) {
            $this->log('error', 'OAuth2: Token refresh failed', ['error' => self::reason($answer)]);
        }
        return self::left($account) < 0 ? null : $account['access_token'];
    }

    protected function do_refresh_token(string $current_token): array|\WP_Error|null
    {
        return null;
    }

    protected function get_refresh_buffer_seconds(): int
    {
        return 7 * DAY_IN_SECONDS;
    }

    public function get_cron_hook_name(): string
    {
        return "datamachine_refresh_token_{$this->provider_slug}";
    }

    public function schedule_proactive_refresh(): bool
    {
        $this->clear_proactive_refresh();
        $account = $this->get_account();
        if (empty($account['token_expires_at'])) {
            return false;
        }
        $at = (int) $account['token_expires_at'] - $this->get_refresh_buffer_seconds();
        return $at > time()
            ? wp_schedule_single_event($at, $this->get_cron_hook_name()) !== false
            : $this->attempt_recovery_refresh() !== null;
    }

    public function handle_cron_refresh(): void
    {
        $account = $this->get_account();
        if (empty($account['access_token'])) {
            $this->log('debug', 'OAuth2: Cron refresh skipped: no account');
        } elseif ($this->get_valid_access_token() === null) {
            $this->log('error', 'OAuth2: Cron refresh failed');
            do_action('datamachine_oauth_refresh_failed', $this->provider_slug, $account);
        }
    }

    protected function attempt_recovery_refresh(): ?string
    {
        $account = $this->get_account();
        $answer = empty($account['access_token']) ? null : $this->do_refresh_token($account['access_token']);
        if (is_array($answer) && !empty($answer['access_token'])) {
            return $this->renewed($account, $answer, 'OAuth2: Recovery refresh succeeded');
        }
        if ($answer !== null) {
            $this->log('error', 'OAuth2: Recovery refresh failed', ['error' => self::reason($answer)]);
            do_action('datamachine_oauth_refresh_failed', $this->provider_slug, $account);
        }
        return null;
    }

    public function clear_proactive_refresh(): void
    {
        wp_clear_scheduled_hook($this->get_cron_hook_name());
    }

    public function clear_account(): bool
    {
        $this->clear_proactive_refresh();
        return parent::clear_account();
    }

    public function get_account_details(): ?array
    {
        $account = $this->get_account();
        if (empty($account['access_token'])) {
            return null;
        }
        $details = array_intersect_key($account, array_flip(['username', 'name', 'scope']));
        foreach (['last_refreshed_at' => 'last_refreshed', 'token_expires_at' => 'token_expires_at'] as $from => $to) {
            if (!empty($account[$from])) {
                $details[$to] = wp_date('Y-m-d H:i:s', (int) $account[$from]);
            }
        }
        return array_filter($details);
    }

    abstract public function get_config_fields(): array;

    abstract public function get_authorization_url(): string;

    abstract public function handle_oauth_callback();

    protected function build_auth_url_params(array $state_payload = []): array
    {
        [$agent, $user] = self::acting();
        if ($agent > 0 && $user > 0) {
            $state_payload = ['agent_id' => $agent, 'user_id' => $user] + $state_payload;
        }
        $state = $this->oauth2->create_state($this->provider_slug, $state_payload);
        $this->begun = $this->begun || isset($state_payload['agent_id'], $state_payload['user_id']);
        $parameters = [
            'response_type' => $this->get_oauth_response_type(),
            'redirect_uri' => $this->get_callback_url(),
            'state' => $state,
        ];
        if ($this->uses_pkce()) {
            $pkce = $this->oauth2->create_pkce($this->provider_slug, $state);
            $parameters['code_challenge'] = $pkce['challenge'];
            $parameters['code_challenge_method'] = $pkce['method'];
        }
        return $parameters;
    }

    public function begin_agent_scoped_authorization(): void
    {
        $this->begun = false;
    }

    public function has_agent_scoped_authorization_state(): bool
    {
        return $this->begun;
    }

    protected function get_agent_scoped_oauth_callback_config(): ?array
    {
        return null;
    }

    final public function supports_agent_scoped_oauth_callback(): bool
    {
        $config = $this->get_agent_scoped_oauth_callback_config();
        return is_callable($config['account_details'] ?? null)
            && ($this->get_oauth_response_type() === 'token' || !empty($config['token_url']));
    }

    final public function handle_agent_scoped_oauth_callback(): void
    {
        $config = $this->get_agent_scoped_oauth_callback_config();
        if (!is_callable($config['account_details'] ?? null)) {
            wp_die('This provider has no callback for agents.', '', ['response' => 400]);
        }
        $store = function (array $account): bool {
            [$agent, $user] = self::acting();
            return $agent > 0
                ? $this->save_account_for_agent($agent, $account)
                : $this->save_account_for_user($user, $account);
        };
        if ($this->get_oauth_response_type() === 'token') {
            $this->dispatch_implicit_callback($config['account_details'], $store);
            return;
        }
        $url = (string) ($config['token_url'] ?? '');
        $parameters = (array) ($config['token_params'] ?? []);
        $transform = $config['token_transform'] ?? null;
        $more = [$config['account_details'], is_callable($transform) ? $transform : null, $store];
        $this->oauth2->handle_callback($this->provider_slug, $url, $parameters, ...$more);
    }

    protected function dispatch_implicit_callback(callable $account_details_fn, ?callable $storage_fn = null): void
    {
        if (empty($_POST['datamachine_implicit_flow'])) {
            $this->oauth2->render_implicit_callback_page($this->provider_slug, $this->get_callback_url());
            return;
        }
        $store = $storage_fn ?? [$this, 'save_account'];
        $this->oauth2->handle_implicit_callback($this->provider_slug, $account_details_fn, $store);
    }

    private function renewed(array $account, array $answer, string $message): string
    {
        $account['access_token'] = $answer['access_token'];
        $account['token_expires_at'] = $answer['expires_at'] ?? $account['token_expires_at'];
        $account['last_refreshed_at'] = time();
        $this->save_account($account);
        $this->schedule_proactive_refresh();
        $this->log('info', $message, ['expires_at' => $account['token_expires_at']]);
        return $answer['access_token'];
    }

    private function log(string $level, string $message, array $context = []): void
    {
        do_action('datamachine_log', $level, $message, ['provider' => $this->provider_slug] + $context);
    }

    private static function reason(mixed $answer): string
    {
        return $answer instanceof \WP_Error ? $answer->get_error_message() : 'Unknown error';
    }

    /** Seconds that the token has left. */
    private static function left(array $account): int
    {
        return isset($account['token_expires_at']) ? (int) $account['token_expires_at'] - time() : PHP_INT_MAX;
    }

    /**
     * @return array{int, int} agent and user
     */
    private static function acting(): array
    {
        return class_exists(PermissionHelper::class)
            ? [absint(PermissionHelper::get_acting_agent_id()), absint(PermissionHelper::acting_user_id())]
            : [0, 0];
    }
}
