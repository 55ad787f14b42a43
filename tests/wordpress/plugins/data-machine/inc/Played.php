<?php

declare(strict_types=1);

namespace DataMachine;

use DataMachine\Connections\Tests\Dropin\Calls;
use DataMachine\Core\OAuth\BaseAuthProvider;
use DataMachine\Core\OAuth\PlayedProvider;
use DataMachine\Core\Steps\Fetch\Handlers\Email\EmailAuth;

/**
 * For code that the tests run in a request: Data Machine's providers, as those who use them get them.
 */
final class Played
{
    /** A registered provider; for a slug that nobody registered, a plain one. */
    public static function provider(string $slug): BaseAuthProvider
    {
        return apply_filters('datamachine_auth_providers', [])[$slug] ?? new PlayedProvider($slug);
    }

    /** Which has to be registered here: in the admin, in cron, in REST. */
    public static function mailboxes(): EmailAuth
    {
        return apply_filters('datamachine_auth_providers', [])['email_imap'];
    }

    /**
     * What getters answer, see Calls::getter().
     *
     * @param array<string, list<string>> $getters by slug
     *
     * @return array<string, array<string, mixed>>
     */
    public static function answers(array $getters): array
    {
        $answers = [];
        foreach ($getters as $slug => $names) {
            foreach ($names as $name) {
                $answers[$slug][$name] = Calls::getter(self::provider($slug), $name);
            }
        }
        return $answers;
    }
}
