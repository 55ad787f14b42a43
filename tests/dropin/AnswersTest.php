<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Renewal;
use DataMachine\Connections\RefreshOutcome;

/**
 * What a provider's class answers when it is asked for new tokens: what is stored of it, what its errors mean, and what
 * is logged.
 */
final class AnswersTest extends DropinTestCase
{
    public function testWhatAChildReturnsBesideIsStored(): void
    {
        $provider = $this->told(static fn (): array => [
            'access_token' => 'new',
            'expires_in' => 3600,
            'refresh_token' => 'rotated',
            'scope' => 'more',
        ]);
        self::assertSame('new', $provider->get_valid_access_token());
        $account = $provider->get_account();
        self::assertEqualsWithDelta(time() + 3600, $account['token_expires_at'], 60);
        unset($account['token_expires_at'], $account['last_refreshed_at']);
        self::assertEquals([
            'access_token' => 'new', 'refresh_token' => 'rotated', 'scope' => 'more', 'extra' => 'kept',
        ], $account);
    }

    public function testASecondRefreshTokenIsNotNeeded(): void
    {
        $provider = $this->told(static fn (): array => ['access_token' => 'new', 'expires_at' => time() + 3600]);
        $provider->get_valid_access_token();
        self::assertSame('old refresh', $provider->get_account()['refresh_token']);
    }

    public function testATokenWithoutAnEndIsHandedOutAllTheSame(): void
    {
        $provider = $this->told(static fn (): array => ['access_token' => 'new']);
        self::assertSame('new', $provider->get_valid_access_token());
        self::assertLessThan(time(), $provider->get_account()['token_expires_at'], 'As upstream: the old one\'s.');
    }

    public function testAChildIsHandedItsAccessToken(): void
    {
        $handed = [];
        $provider = $this->told(static function (string $token) use (&$handed): ?array {
            $handed[] = $token;
            return null;
        });
        self::assertNull($provider->get_valid_access_token());
        self::assertSame(['old'], $handed);
        self::assertSame([], $this->logged('error'), 'It cannot be renewed: no error.');
        $provider->save_account(['access_token' => 'alone', 'token_expires_at' => time() + 10]);
        self::assertSame('alone', $provider->get_valid_access_token());
    }

    public function testTheLogHoldsNoSecret(): void
    {
        $provider = $this->told(static fn (string $token): \WP_Error => new \WP_Error(
            'x',
            "GET https://example.org/?access_token={$token}&refresh_token=old%20refresh failed for fake secret: "
            . json_encode(['id_token' => "{$token}/longer"])
        ));
        $provider->save_config(['client_secret' => 'fake secret']);
        $tokens = ['access_token' => 'canary-old', 'id_token' => 'canary-old/longer'];
        $provider->save_account($tokens + $provider->get_account());
        $provider->get_valid_access_token();
        $line = array_values(array_filter($this->log, static fn (array $line): bool => $line[0] === 'error'))[0];
        $error = 'GET https://example.org/?access_token=(hidden)&refresh_token=(hidden) failed for (hidden): '
            . '{"id_token":"(hidden)"}';
        self::assertSame(['provider' => 'told', 'error' => $error], $line[2]);
    }

    /**
     * @return array<string, array{\WP_Error|array<string, mixed>, RefreshOutcome, ?string}>
     */
    public static function errors(): array
    {
        $error = static fn (string $message, mixed $data = '') => new \WP_Error('told_api_error', $message, $data);
        [$backoff, $dead] = [RefreshOutcome::Backoff, RefreshOutcome::Dead];
        return [
            'nothing but a text' => [$error('It failed.'), $backoff, 'unavailable'],
            'no connection' => [$error('Failed to connect to x: timed out'), $backoff, 'unavailable'],
            'a status in the text' => [$error('X OAuth POST returned HTTP 429: slow down'), $backoff, 'rate_limited'],
            'a code in the text' => [$error('X OAuth POST returned HTTP 400: invalid_grant'), $dead, 'refresh_refused'],
            'a code alone' => [$error('invalid_grant'), $dead, 'refresh_refused'],
            'as its code' => [new \WP_Error('invalid_grant', 'No.'), $dead, 'refresh_refused'],
            'a status beside' => [$error('No.', ['status_code' => 401, 'error' => 'unknown']), $backoff, 'app_refused'],
            'an answer' => [$error('No.', ['error' => 'invalid_grant', 'error_description' => 'x']), $dead,
                'refresh_refused'],
            'an answer as JSON' => [$error('No.', ['response' => '{"error": "invalid_grant"}']), $dead,
                'refresh_refused'],
            'the app is refused' => [$error('No.', ['status_code' => 400, 'error' => 'invalid_client']), $backoff,
                'app_refused'],
            'a page of a gateway' => [$error('No.', ['status_code' => 502, 'error' => '<html>']), $backoff,
                'unavailable'],
            'no status' => [$error('No.', ['status_code' => 'unknown', 'error' => 'unknown']), $backoff, 'unavailable'],
            'a good status' => [$error('No token in it.', ['status_code' => 200]), $backoff, 'unavailable'],
            'no token' => [['expires_at' => 5], $backoff, 'unavailable'],
        ];
    }

    /**
     * @dataProvider errors
     *
     * @param \WP_Error|array<string, mixed> $answer
     */
    public function testWhatAnErrorMeans(\WP_Error|array $answer, RefreshOutcome $outcome, ?string $cause): void
    {
        $provider = $this->told(static fn () => $answer);
        $renewal = Renewal::of($provider);
        self::assertSame([$outcome, $cause], [$renewal->outcome(), $renewal->refreshed?->cause]);
        self::assertNotNull($renewal->error);
        self::assertCount(1, $this->logged('error'));
    }

    public function testGraphApisErrorIsACode(): void
    {
        // Not by what its class says (that drops it), but as others of Meta's hand it on.
        $child = new class ('instagram') extends Providers\Told {
        };
        $child->buffer = 7 * 86_400;
        $child->save_account(['access_token' => 'old', 'token_expires_at' => time() + 86_400]);
        $child->answer = static fn () => new \WP_Error('x', 'No.', ['error' => ['message' => 'm', 'code' => 190]]);
        self::assertSame(RefreshOutcome::Dead, Renewal::of($child)->outcome());
        self::assertFalse(self::provider('instagram')->is_authenticated());
    }
}
