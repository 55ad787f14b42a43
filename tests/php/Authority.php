<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshRequest;

/**
 * The tests' authorization server (tests/support/authority), as a process of its own: its table is in mod.rs there. It
 * ends with this object.
 */
final class Authority
{
    /** The door at which tokens are renewed. */
    public readonly string $token;
    private readonly string $admin;
    /** @var resource */
    private $process;
    /** @var array<int, resource> */
    private array $pipes = [];

    public function __construct()
    {
        $program = (string) getenv('DM_AUTHORITY');
        // Its errors go where this process's do. Handing on STDERR would put a file that it is back to its start.
        $process = is_executable($program)
            ? proc_open([$program], [['pipe', 'r'], ['pipe', 'w']], $this->pipes)
            : throw new \RuntimeException('DM_AUTHORITY has to name the program: cargo build --example authority');
        $places = $process === false ? null : json_decode((string) fgets($this->pipes[1]), true);
        if ($places === null) {
            throw new \RuntimeException("{$program} does not say where it is.");
        }
        $this->process = $process;
        $this->token = $places['token'];
        $this->admin = $places['admin'];
    }

    public function stop(): void
    {
        array_map(fclose(...), $this->pipes);
        $this->pipes = [];
        proc_close($this->process);
    }

    /**
     * A person consents: an account's first tokens, which ended already where nothing else is said.
     *
     * @param array<string, mixed> $terms
     * @param int                  $left  how long the access token is said to last, in seconds
     *
     * @return array<string, mixed> a document
     */
    public function consents(string $family, array $terms = [], int $left = -10): array
    {
        $tokens = $this->tell('POST', 'families', ['family' => $family, 'terms' => (object) $terms]);
        return array_filter([
            'access_token' => $tokens['access_token'],
            'refresh_token' => $tokens['refresh_token'] ?? null,
            'token_expires_at' => time() + $left,
        ]);
    }

    /** The person takes consent back. */
    public function withdraws(string $family): void
    {
        $this->tell('DELETE', "families/{$family}");
    }

    /**
     * @param array<string, mixed> $fault
     */
    public function fault(string $family, array $fault): void
    {
        $this->tell('POST', 'faults', ['family' => $family, 'fault' => $fault]);
    }

    /** Nothing goes wrong any more. */
    public function mended(): void
    {
        $this->tell('DELETE', 'faults');
    }

    /** Held requests go on. */
    public function release(): void
    {
        $this->tell('POST', 'release');
    }

    /** Waits until a request is held. */
    public function waitForHeld(): void
    {
        for ($until = time() + 60; $this->tell('GET', 'state')['held'] === 0; usleep(5_000)) {
            if (time() > $until) {
                throw new \RuntimeException('No request was held within a minute.');
            }
        }
    }

    /**
     * How often what happened to a family.
     *
     * @return array<string, int>
     */
    public function counts(string $family): array
    {
        return $this->tell('GET', "families/{$family}")['counts'];
    }

    /** Whether a refresh token is the good one; it is spent then. */
    public function renews(#[\SensitiveParameter] string $refreshToken): bool
    {
        $parameters = ['grant_type' => 'refresh_token', 'refresh_token' => $refreshToken];
        return (self::ask('POST', $this->token, $parameters)[0] ?? 0) === 200;
    }

    /**
     * A callable for Vault::refresh(), as README.md has one.
     */
    public static function renew(string $url, RefreshRequest $request): array|RefreshFailure
    {
        $parameters = $request->grantType === 'refresh_token'
            ? ['grant_type' => 'refresh_token', 'refresh_token' => $request->token()]
            : ['grant_type' => $request->grantType, 'access_token' => $request->token()];
        $answer = self::ask('POST', $url, $parameters);
        if ($answer === null) {
            return RefreshFailure::unanswered();
        }
        [$status, $body, $retryAfter] = $answer;
        $tokens = json_decode($body, true);
        if ($status !== 200) {
            $error = is_array($tokens) ? $tokens['error'] ?? null : null;
            $error = is_array($error) ? (string) $error['code'] : $error;
            return RefreshFailure::answered($status, $error, $retryAfter);
        }
        if (!isset($tokens['access_token'])) {
            return RefreshFailure::unanswered();
        }
        return array_filter([
            'access_token' => $tokens['access_token'],
            'refresh_token' => $tokens['refresh_token'] ?? null,
            'token_expires_at' => $request->now + $tokens['expires_in'],
        ]);
    }

    /**
     * @param array<string, mixed>|string $content parameters, or the content itself
     *
     * @return array{int, string, ?int}|null status, content, Retry-After; null where no whole answer came
     */
    public static function ask(
        string $method,
        string $url,
        #[\SensitiveParameter] array|string $content = '',
        string $headers = '',
    ): ?array {
        $form = is_array($content);
        $stream = @fopen($url, 'rb', false, stream_context_create(['http' => [
            'method' => $method,
            'header' => $headers . ($form ? "Content-Type: application/x-www-form-urlencoded\r\n" : ''),
            'content' => $form ? http_build_query($content) : $content,
            'ignore_errors' => true,
            'timeout' => 60,
        ]]));
        if ($stream === false) {
            return null;
        }
        $lines = stream_get_meta_data($stream)['wrapper_data'];
        $body = (string) stream_get_contents($stream);
        fclose($stream);
        $found = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $found[strtolower($name)] = trim($value);
        }
        // PHP takes half an answer for a whole one.
        if (
            !preg_match('~^HTTP/\S+ (\d+)~', $lines[0] ?? '', $status)
            || (int) ($found['content-length'] ?? strlen($body)) !== strlen($body)
        ) {
            return null;
        }
        return [(int) $status[1], $body, isset($found['retry-after']) ? (int) $found['retry-after'] : null];
    }

    /**
     * @param array<string, mixed> $body
     *
     * @return array<string, mixed>
     */
    private function tell(string $method, string $path, array $body = []): array
    {
        $answer = self::ask($method, "{$this->admin}/{$path}", $body === [] ? '' : (string) json_encode($body));
        if ($answer === null || $answer[0] >= 300) {
            throw new \RuntimeException("{$method} {$path}: " . ($answer[1] ?? 'no answer'));
        }
        return json_decode($answer[1], true);
    }
}
