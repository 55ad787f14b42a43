<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * A child that overrides nothing but what it has to; tests say what `do_refresh_token()` does.
 */
class Told extends BaseOAuth2Provider
{
    use Renews;

    /** @var (\Closure(string): (array<string, mixed>|\WP_Error|null))|null */
    public ?\Closure $answer = null;
    /** How often it was asked. */
    public int $asked = 0;
    public int $buffer = 300;
    public bool $public = false;
    public string $type = 'code';
    /** @var array<string, mixed>|null */
    public ?array $agents = null;

    public function get_config_fields(): array
    {
        return [];
    }

    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        $this->asked++;
        return $this->answer === null ? null : ($this->answer)($current_token);
    }

    protected function get_refresh_buffer_seconds(): int
    {
        return $this->buffer;
    }

    protected function requires_client_secret(): bool
    {
        return !$this->public;
    }

    public function uses_pkce(): bool
    {
        return $this->public;
    }

    public function get_oauth_response_type(): string
    {
        return $this->type;
    }

    protected function get_agent_scoped_oauth_callback_config(): ?array
    {
        return $this->agents;
    }
}
