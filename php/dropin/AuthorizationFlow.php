<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Abilities\PermissionHelper;

// Upstream's names are kept.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * What `BaseOAuth2Provider` has for the consent of a person. State, PKCE, codes and pages are upstream's handler's
 * (`$oauth2`).
 */
trait AuthorizationFlow
{
    /** Whether the URL that is being made has a state in it that binds it to an agent. */
    private bool $boundToAgent = false;

    /**
     * The `response_type`: `code`, or `token` for the implicit flow.
     */
    public function get_oauth_response_type(): string
    {
        return 'code';
    }

    /**
     * Whether the authorization is asked for with PKCE.
     */
    public function uses_pkce(): bool
    {
        return false;
    }

    /**
     * The parameters of an authorization URL that all providers have: what kind of answer, where to, state, PKCE. Where
     * an agent acts, the state binds the answer to it. Empty where upstream's handler is not there.
     *
     * @param array<string, mixed> $state_payload what comes back with the state
     *
     * @return array<string, mixed>
     */
    protected function build_auth_url_params(array $state_payload = []): array
    {
        if ($this->oauth2 === null) {
            return [];
        }
        [$agent, $user] = self::acting();
        if ($agent > 0 && $user > 0) {
            $state_payload = ['agent_id' => $agent, 'user_id' => $user] + $state_payload;
        }
        $state = $this->oauth2->create_state($this->provider_slug, $state_payload);
        $this->boundToAgent = $this->boundToAgent || isset($state_payload['agent_id'], $state_payload['user_id']);
        $params = [
            'response_type' => $this->get_oauth_response_type(),
            'redirect_uri' => $this->get_callback_url(),
            'state' => $state,
        ];
        if ($this->uses_pkce()) {
            $pkce = $this->oauth2->create_pkce($this->provider_slug, $state);
            $params += ['code_challenge' => $pkce['challenge'], 'code_challenge_method' => $pkce['method']];
        }
        return $params;
    }

    /**
     * From now on it is noticed whether an authorization URL is bound to an agent.
     */
    public function begin_agent_scoped_authorization(): void
    {
        $this->boundToAgent = false;
    }

    /**
     * Whether one was made since.
     */
    public function has_agent_scoped_authorization_state(): bool
    {
        return $this->boundToAgent;
    }

    /**
     * How the callback of an agent's authorization goes on; null where this provider has none.
     *
     * @return array{
     *     account_details: callable, token_transform?: callable, token_url?: string,
     *     token_params?: array<string, mixed>
     * }|null
     */
    protected function get_agent_scoped_oauth_callback_config(): ?array
    {
        return null;
    }

    /**
     * Whether handle_agent_scoped_oauth_callback() knows how to go on.
     */
    final public function supports_agent_scoped_oauth_callback(): bool
    {
        $config = $this->get_agent_scoped_oauth_callback_config();
        return is_callable($config['account_details'] ?? null)
            && ($this->get_oauth_response_type() === 'token' || !empty($config['token_url']));
    }

    /**
     * Ends an agent's authorization: the account becomes that agent's. Ends the request.
     */
    final public function handle_agent_scoped_oauth_callback(): void
    {
        $config = $this->get_agent_scoped_oauth_callback_config();
        $details = $config['account_details'] ?? null;
        if (!is_callable($details)) {
            wp_die(
                esc_html__('This provider cannot be connected for an agent.', 'data-machine'),
                esc_html__('Authentication Failed', 'data-machine'),
                ['response' => 400]
            );
            return;
        }
        $store = fn (#[\SensitiveParameter] array $account): bool => $this->saveForActing($account);
        if ($this->get_oauth_response_type() === 'token') {
            $this->dispatch_implicit_callback($details, $store);
            return;
        }
        $transform = $config['token_transform'] ?? null;
        $this->oauth2?->handle_callback(
            $this->provider_slug,
            (string) ($config['token_url'] ?? ''),
            is_array($config['token_params'] ?? null) ? $config['token_params'] : [],
            $details,
            is_callable($transform) ? $transform : null,
            $store
        );
    }

    /**
     * Ends the implicit flow: the page that reads the token in the browser, or what that page sent. Ends the request.
     *
     * @param callable(array<string, mixed>): (array<string, mixed>|\WP_Error) $account_details_fn
     * @param (callable(array<string, mixed>): bool)|null                      $storage_fn `save_account()` where it is
     *                                                                         not said
     *
     * @SuppressWarnings(PHPMD.Superglobals)
     */
    protected function dispatch_implicit_callback(callable $account_details_fn, ?callable $storage_fn = null): void
    {
        // Its nonce is checked by upstream's handler.
        if (!empty($_POST['datamachine_implicit_flow'])) {
            $storage_fn ??= [$this, 'save_account'];
            $this->oauth2?->handle_implicit_callback($this->provider_slug, $account_details_fn, $storage_fn);
            return;
        }
        $this->oauth2?->render_implicit_callback_page($this->provider_slug, $this->get_callback_url());
    }

    /**
     * @param array<string, mixed> $account
     */
    private function saveForActing(#[\SensitiveParameter] array $account): bool
    {
        [$agent, $user] = self::acting();
        return match (true) {
            $agent > 0 => $this->save_account_for_agent($agent, $account),
            $user > 0 => $this->save_account_for_user($user, $account),
            default => false,
        };
    }

    /**
     * @return array{int, int} the acting agent and user; 0 for none
     */
    private static function acting(): array
    {
        return class_exists(PermissionHelper::class) ? [
            Principals::id(PermissionHelper::get_acting_agent_id()),
            Principals::id(PermissionHelper::acting_user_id()),
        ] : [0, 0];
    }
}
