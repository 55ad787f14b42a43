<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshRequest;

/**
 * What a provider's class answered when it was asked for new tokens: an array, a WP_Error, or null where it cannot.
 *
 * Its errors carry what they like. A status and a code are looked for wherever classes put them; which of them are
 * final, the catalogue knows.
 *
 * @internal
 */
final class Answer
{
    /** Where the data of a WP_Error has the status. */
    private const STATUS = ['status_code', 'http_code', 'response_code', 'status'];
    /** Where it has the provider's answer, as JSON. */
    private const BODY = ['response', 'body', 'data'];
    /** The codes of RFC 6749 and OpenID Connect, which are often only in a text. */
    private const CODE = '/\b(invalid_(?:grant|client|request|scope|token)|unauthorized_client|unsupported_grant_type'
        . '|(?:interaction|consent|login)_required|temporarily_unavailable|server_error)\b/';

    /**
     * @param array<array-key, mixed>|\WP_Error|null $answer
     */
    public function __construct(
        private readonly RefreshRequest $request,
        #[\SensitiveParameter] private readonly array|\WP_Error|null $answer,
    ) {
    }

    /**
     * What a class is handed as its current token: its access token. What has none hands in something else.
     */
    public static function handedIn(RefreshRequest $request): string
    {
        $access = $request->connection->document->get('access_token');
        $own = $request->grantType === 'refresh_token' && is_string($access) && $access !== '';
        return $own ? $access : $request->token();
    }

    /**
     * What is to be stored, or why there is nothing.
     *
     * @return array<string, mixed>|RefreshFailure
     */
    public function result(): array|RefreshFailure
    {
        if ($this->answer === null) {
            return RefreshFailure::unsupported();
        }
        if ($this->answer instanceof \WP_Error) {
            return $this->failure($this->answer);
        }
        return $this->hasToken() ? $this->renewed($this->answer) : RefreshFailure::unanswered();
    }

    /**
     * What went wrong, for the log; null where nothing did.
     */
    public function error(): ?string
    {
        if (!$this->answer instanceof \WP_Error) {
            return $this->answer === null || $this->hasToken() ? null : 'Unknown error';
        }
        return Redaction::withoutMembers((string) $this->answer->get_error_message(), [
            $this->request->connection->document->toArray(),
            $this->request->config?->toArray(),
        ]);
    }

    private function hasToken(): bool
    {
        $token = $this->answer['access_token'] ?? null;
        return is_scalar($token) && !empty($token);
    }

    /**
     * The members to be stored: all that the class returned, under the account's names.
     *
     * @param array<string, mixed> $answer
     *
     * @return array<string, mixed>
     */
    private function renewed(#[\SensitiveParameter] array $answer): array
    {
        $now = time();
        $ends = $answer['expires_at'] ?? (isset($answer['expires_in']) ? $now + (int) $answer['expires_in'] : null);
        $token = $answer['access_token'];
        unset($answer['access_token'], $answer['expires_at'], $answer['expires_in']);
        return [$this->tokenName() => $token]
            + ($ends === null ? [] : ['token_expires_at' => $ends])
            + ['last_refreshed_at' => $now]
            + $answer;
    }

    /**
     * Under which name the account has what the class calls its access token.
     */
    private function tokenName(): string
    {
        $named = $this->request->connection->document->get('access_token') !== null;
        return $named || $this->request->grantType === 'refresh_token' ? 'access_token' : $this->request->spends;
    }

    private function failure(\WP_Error $error): RefreshFailure
    {
        $data = $error->get_error_data();
        $data = is_array($data) ? $data : [];
        $texts = [(string) $error->get_error_code(), (string) $error->get_error_message()];
        foreach (array_intersect_key($data, array_flip(self::BODY)) as $body) {
            $body = is_string($body) ? json_decode($body, true) : $body;
            $data += is_array($body) ? $body : [];
        }
        $code = self::code($data, $texts);
        $status = self::status($data, $texts);
        if ($status !== null && $status < 400) {
            // An answer without a token in it: it may have renewed them all the same.
            return $code === null ? RefreshFailure::unanswered() : RefreshFailure::refused($code);
        }
        return match (true) {
            $status !== null => RefreshFailure::answered($status, $code, self::retryAfter($data)),
            $code !== null => RefreshFailure::refused($code),
            default => RefreshFailure::unanswered(),
        };
    }

    /**
     * @param array<array-key, mixed> $data
     * @param list<string>            $texts
     */
    private static function status(array $data, array $texts): ?int
    {
        foreach (array_intersect_key($data, array_flip(self::STATUS)) as $status) {
            if (is_numeric($status) && $status >= 100 && $status <= 599) {
                return (int) $status;
            }
        }
        $texts[] = is_string($data['error'] ?? null) ? $data['error'] : '';
        // As Data Machine's HTTP client says it.
        preg_match('/\bHTTP (?:status )?([1-5]\d\d)\b/i', implode("\n", $texts), $found);
        return isset($found[1]) ? (int) $found[1] : null;
    }

    /**
     * @param array<array-key, mixed> $data
     * @param list<string>            $texts
     */
    private static function code(array $data, array $texts): ?string
    {
        $error = $data['error'] ?? $data['error_code'] ?? null;
        // Graph API's is an object.
        $error = is_array($error) ? $error['code'] ?? $error['type'] ?? null : $error;
        $error = is_scalar($error) ? (string) $error : '';
        if (preg_match('/^[A-Za-z0-9_.-]{1,64}$/D', $error) === 1 && $error !== 'unknown') {
            return $error;
        }
        return preg_match(self::CODE, implode("\n", [$error, ...$texts]), $found) ? $found[1] : null;
    }

    /**
     * @param array<array-key, mixed> $data
     */
    private static function retryAfter(array $data): ?int
    {
        $after = $data['retry_after'] ?? null;
        return is_numeric($after) && $after >= 0 ? (int) $after : null;
    }
}
