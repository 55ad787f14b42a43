<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\HttpClient;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * What the children have in common that ask an authorization server for tokens: the tests' own, at DM_TOKEN_URL.
 */
trait Renews
{
    public function get_authorization_url(): string
    {
        return $this->oauth2 === null ? '' : 'https://example.org/?' . http_build_query($this->build_auth_url_params());
    }

    public function handle_oauth_callback()
    {
        return null;
    }

    /** Lets tests call what is protected. */
    public function call(string $method, mixed ...$arguments): mixed
    {
        return $this->$method(...$arguments);
    }

    /**
     * Spends the account's refresh token, as most do.
     *
     * @param array<string, string> $headers
     * @param array<string, string> $more    parameters
     *
     * @return array<string, mixed> as Data Machine's HTTP client gives it
     */
    private function spend(#[\SensitiveParameter] string $refreshToken, array $headers = [], array $more = []): array
    {
        return HttpClient::post((string) getenv('DM_TOKEN_URL'), [
            'context' => "{$this->provider_slug} OAuth",
            'headers' => $headers,
            'body' => ['grant_type' => 'refresh_token', 'refresh_token' => $refreshToken] + $more,
        ]);
    }

    /**
     * @return array<string, string> the headers of a client that names itself so
     */
    private function basic(): array
    {
        $config = $this->get_config();
        $client = ($config['client_id'] ?? '') . ':' . ($config['client_secret'] ?? '');
        return ['Authorization' => 'Basic ' . base64_encode($client)];
    }

    /**
     * Renews the access token itself, as Meta has it.
     *
     * @return array<string, mixed>|\WP_Error
     */
    private function exchange(string $grant, #[\SensitiveParameter] string $token): array|\WP_Error
    {
        $name = $grant === 'fb_exchange_token' ? $grant : 'access_token';
        $url = getenv('DM_TOKEN_URL') . '?' . http_build_query(['grant_type' => $grant, $name => $token]);
        $result = HttpClient::get($url, ['context' => "{$this->provider_slug} OAuth"]);
        if (!$result['success']) {
            return new \WP_Error("{$this->provider_slug}_refresh_http_error", $result['error']);
        }
        $data = json_decode($result['data'], true);
        if (empty($data['access_token'])) {
            return new \WP_Error("{$this->provider_slug}_refresh_api_error", 'Failed to refresh.', $data);
        }
        return ['access_token' => $data['access_token'], 'expires_at' => time() + (int) $data['expires_in']];
    }

    /**
     * @param array<string, mixed> $result
     */
    private function failed(array $result): \WP_Error
    {
        return new \WP_Error("{$this->provider_slug}_refresh_api_error", 'Token refresh request failed', [
            'status_code' => $result['status_code'] ?? 'unknown',
            'error' => $result['error'] ?? 'unknown',
        ]);
    }
}
