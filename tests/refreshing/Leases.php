<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Refreshing;

use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Keys;
use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\Tests\Authority;
use DataMachine\Connections\Vault;

/**
 * The vault's way.
 */
final class Leases implements Way
{
    private readonly Vault $vault;
    /** @var array<int, ConnectionInfo> */
    private array $rows = [];

    public function __construct(private readonly Danger $danger)
    {
        $this->vault = Vault::open([
            'path' => (string) getenv('DM_TEST_STORE'),
            'site' => 'https://example.org',
            'keys' => Keys::raw('0123456789abcdef0123456789ABCDé'),
            // A slow disk is not what is tried.
            'patience_ms' => 120_000,
        ]);
    }

    public function look(int $number, int $patience, bool $force): string
    {
        $query = ['provider' => 'reddit', 'owner' => self::owner($number)];
        $row = $this->rows[$number] ??= $this->vault->find($query)->rows[0];
        $options = ['patience_ms' => $patience, 'force' => $force];
        $refreshed = $this->vault->refresh($row, $this->renewed(...), $options);
        $this->danger->waits('storing');
        $more = $refreshed->outcome === RefreshOutcome::Backoff ? $refreshed->until ?? 0 : $refreshed->cause;
        return $refreshed->outcome->value . ($more === null ? '' : ":{$more}");
    }

    public function save(int $number, #[\SensitiveParameter] array $account): void
    {
        $this->vault->save('reddit', self::owner($number), $account);
    }

    public function read(int $number): array
    {
        [$members] = $this->vault->members('reddit', self::owner($number));
        return $members;
    }

    private function renewed(RefreshRequest $request): array|RefreshFailure
    {
        $this->danger->begins();
        $this->danger->passes('before');
        $url = (string) getenv('DM_TOKEN_URL');
        if ($this->danger->isAt('unread')) {
            self::askOnly($url, $request->token());
            $this->danger->passes('unread');
        }
        $answer = Authority::renew($url, $request);
        $this->danger->passes('after');
        $this->danger->comesSoon('storing');
        return $answer;
    }

    /** Asks, and comes back when the answer is there: then it was done, and nothing is under way any more. */
    private static function askOnly(string $url, #[\SensitiveParameter] string $token): void
    {
        $host = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
        $stream = stream_socket_client("tcp://{$host}");
        $form = http_build_query(['grant_type' => 'refresh_token', 'refresh_token' => $token]);
        $head = "POST /token HTTP/1.1\r\nHost: {$host}\r\nConnection: close\r\nContent-Length: " . strlen($form);
        fwrite($stream, "{$head}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{$form}");
        $read = [$stream];
        $none = null;
        stream_select($read, $none, $none, 60);
    }

    private static function owner(int $number): string
    {
        return 'user:' . ($number + 1);
    }
}
