<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Refreshing;

use DataMachine\Connections\Benches\SerializedOption;
use DataMachine\Connections\Tests\Authority;

/**
 * Today's way: whoever sees that a token ends soon asks for the next one, and writes the option back with it. The
 * new refresh token is kept, which today not every provider manages.
 */
final class Today implements Way
{
    /** How long before its end a token is renewed, in seconds: as the vault does. */
    private const MARGIN = 300;

    private readonly SerializedOption $option;

    public function __construct()
    {
        $this->option = new SerializedOption('reddit');
        @mkdir((string) getenv('DM_TEST_STORE'), 0700);
    }

    public function look(int $number, int $patience, bool $force): string
    {
        $account = $this->read($number);
        $now = (int) file_get_contents((string) getenv('DM_TEST_CLOCK'));
        if ($account['token_expires_at'] - $now > self::MARGIN) {
            return 'fresh';
        }
        $answer = Authority::ask('POST', (string) getenv('DM_TOKEN_URL'), [
            'grant_type' => 'refresh_token',
            'refresh_token' => $account['refresh_token'],
        ]);
        $tokens = json_decode($answer[1] ?? '', true);
        if (!isset($tokens['access_token'])) {
            return 'failed:' . ($tokens['error'] ?? '');
        }
        $account['access_token'] = $tokens['access_token'];
        $account['refresh_token'] = $tokens['refresh_token'];
        $account['token_expires_at'] = $now + $tokens['expires_in'];
        $this->save($number, $account);
        return 'refreshed';
    }

    public function save(int $number, #[\SensitiveParameter] array $account): void
    {
        $this->option->saveAccountForUser($number + 1, $account);
    }

    public function read(int $number): array
    {
        return $this->option->accountForUser($number + 1);
    }
}
