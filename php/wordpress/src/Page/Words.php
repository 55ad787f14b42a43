<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\GrantInfo;
use DataMachine\Connections\Status;
use DataMachine\Core\Database\Agents\Agents;

/**
 * What the library's words mean to who looks after a site.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class Words
{
    /**
     * Whose: `user:12` is "Ada (user 12)".
     */
    public static function owner(string $owner): string
    {
        [$kind, $id] = explode(':', $owner, 2) + ['', ''];
        return match ($kind) {
            'site' => self::site((int) $id),
            'user' => self::named(self::person((int) $id), "user {$id}"),
            'agent' => self::named(self::agent((int) $id), "agent {$id}"),
            default => $owner,
        };
    }

    public static function account(string $provider, string $owner, string $account): string
    {
        return $account === 'default'
            /* translators: 1: a provider, 2: whose. */
            ? sprintf(__('%1$s of %2$s', 'datamachine-connections'), $provider, self::owner($owner))
            /* translators: 1: a provider, 2: whose, 3: an account's name. */
            : sprintf(__('%1$s of %2$s, account “%3$s”', 'datamachine-connections'), $provider, self::owner($owner), $account);
    }

    public static function time(?int $at): string
    {
        return $at === null || $at === 0
            ? __('never', 'datamachine-connections')
            : (string) wp_date(get_option('date_format') . ' ' . get_option('time_format'), $at);
    }

    public static function status(Status $status): string
    {
        return match ($status) {
            Status::Pending => __('not confirmed yet', 'datamachine-connections'),
            Status::Active => __('in use', 'datamachine-connections'),
            Status::Expired => __('run out, to be renewed', 'datamachine-connections'),
            Status::NeedsReauth => __('has to be connected again', 'datamachine-connections'),
            Status::Revoked => __('taken back', 'datamachine-connections'),
            Status::Error => __('in error', 'datamachine-connections'),
            Status::KeyUnavailable => __('does not open', 'datamachine-connections'),
        };
    }

    /** Of an access that has run out, where the provider does not renew what has. */
    public static function ended(): string
    {
        return __('run out, has to be connected again', 'datamachine-connections');
    }

    /**
     * A grant's terms, as the library takes them, of one that was given.
     *
     * @return array<string, mixed>
     */
    public static function terms(GrantInfo $grant): array
    {
        return [
            'agent' => $grant->agent,
            'owner' => $grant->owner,
            'provider' => $grant->provider,
            'connection' => $grant->connection,
            'effect' => $grant->forbids ? 'forbid' : 'permit',
            'operations' => $grant->operations,
            'scopes' => $grant->scopes,
            'contexts' => $grant->contexts,
            'run' => $grant->run,
            'for' => $grant->for,
            'not_before' => $grant->notBefore,
            'expires_at' => $grant->expiresAt,
            'uses' => $grant->usesLeft,
        ];
    }

    /**
     * What a grant says, as a sentence.
     *
     * @param array<string, mixed> $terms   as the library takes them
     * @param string|null          $account the account's name, where it is about one
     */
    public static function grant(array $terms, ?string $account = null): string
    {
        $forbids = ($terms['effect'] ?? 'permit') === 'forbid';
        $one = ($terms['connection'] ?? null) !== null;
        $agent = ucfirst(self::owner((string) $terms['agent']));
        $target = self::target($terms, $one ? $account : 'default');
        $sentence = match (true) {
            /* translators: 1: an agent, 2: an account such as "instagram of Ada". */
            $forbids && $one => __('%1$s may not use %2$s', 'datamachine-connections'),
            /* translators: 1: an agent, 2: a provider and whose, such as "instagram of Ada". */
            $forbids => __('%1$s may not use any account: %2$s', 'datamachine-connections'),
            /* translators: 1: an agent, 2: an account such as "instagram of Ada". */
            $one => __('%1$s may use %2$s', 'datamachine-connections'),
            /* translators: 1: an agent, 2: a provider and whose, such as "instagram of Ada". */
            default => __('%1$s may use every account: %2$s', 'datamachine-connections'),
        };
        $parts = array_filter([
            sprintf($sentence, $agent, $target),
            self::doing($terms),
            self::where($terms['contexts'] ?? '*'),
            self::run($terms['run'] ?? 'any'),
            self::forWhom($terms['for'] ?? ($forbids ? 'anyone' : 'owner')),
            self::period($terms),
        ]);
        return implode('; ', $parts) . '.';
    }

    /**
     * @param array<string, mixed> $terms
     */
    private static function target(array $terms, ?string $account): string
    {
        if (!isset($terms['owner'], $terms['provider'])) {
            return __('one account', 'datamachine-connections');
        }
        return self::account((string) $terms['provider'], (string) $terms['owner'], $account ?? 'default');
    }

    /**
     * @param array<string, mixed> $terms
     */
    private static function doing(array $terms): string
    {
        $operations = $terms['operations'] ?? [];
        $scopes = $terms['scopes'] ?? [];
        $parts = [];
        if ($operations === '*') {
            $parts[] = $scopes === '*' || $scopes === []
                ? __('for everything that the account can do', 'datamachine-connections')
                : __('for every operation', 'datamachine-connections');
        } elseif ($operations !== []) {
            /* translators: %s: names of operations. */
            $parts[] = sprintf(__('for: %s', 'datamachine-connections'), implode(', ', (array) $operations));
        }
        if ($scopes === '*' && $operations !== '*') {
            $parts[] = __('with every scope', 'datamachine-connections');
        } elseif (is_array($scopes) && $scopes !== []) {
            /* translators: %s: the provider's names of scopes. */
            $parts[] = sprintf(__('with the scopes: %s', 'datamachine-connections'), implode(', ', $scopes));
        }
        return implode(', ', $parts);
    }

    private static function where(mixed $contexts): string
    {
        if (!is_array($contexts) || $contexts === []) {
            return '';
        }
        $names = [
            'chat' => __('in chats', 'datamachine-connections'),
            'pipeline' => __('in pipelines', 'datamachine-connections'),
            'system' => __('in the site\'s own tasks', 'datamachine-connections'),
            'cli' => __('on the command line', 'datamachine-connections'),
            'rest' => __('through the REST API', 'datamachine-connections'),
        ];
        return implode(', ', array_map(static fn (mixed $one): string => $names[$one] ?? (string) $one, $contexts));
    }

    private static function run(mixed $run): string
    {
        return match (true) {
            isset($run['session']) => __('only in the conversation in which it asked', 'datamachine-connections'),
            /* translators: %s: a flow's number. */
            isset($run['flow']['id']) => sprintf(__('only in flow %s, as long as nobody edits it', 'datamachine-connections'), (string) $run['flow']['id']),
            default => '',
        };
    }

    private static function forWhom(mixed $for): string
    {
        if (is_array($for)) {
            $users = array_map(static fn (mixed $user): string => self::owner((string) $user), (array) ($for['users'] ?? []));
            /* translators: %s: names of people. */
            return $users === [] ? '' : sprintf(__('on behalf of %s', 'datamachine-connections'), implode(', ', $users));
        }
        return match ($for) {
            'owner' => __('on behalf of the account\'s owner', 'datamachine-connections'),
            'anyone' => __('whoever asks, also nobody', 'datamachine-connections'),
            'nobody' => __('only where nobody asks (automation)', 'datamachine-connections'),
            default => '',
        };
    }

    /**
     * @param array<string, mixed> $terms
     */
    private static function period(array $terms): string
    {
        $parts = [];
        if (($terms['not_before'] ?? null) !== null) {
            /* translators: %s: a time. */
            $parts[] = sprintf(__('from %s on', 'datamachine-connections'), self::time((int) $terms['not_before']));
        }
        if (($terms['expires_at'] ?? null) !== null) {
            /* translators: %s: a time. */
            $parts[] = sprintf(__('until %s', 'datamachine-connections'), self::time((int) $terms['expires_at']));
        }
        if (($terms['uses'] ?? null) !== null) {
            /* translators: %d: a number. */
            $parts[] = sprintf(__('so many times: %d', 'datamachine-connections'), (int) $terms['uses']);
        }
        return implode(', ', $parts);
    }

    private static function site(int $site): string
    {
        if ($site === 0) {
            return is_multisite()
                ? __('the network', 'datamachine-connections')
                : __('the site', 'datamachine-connections');
        }
        $details = is_multisite() ? get_blog_details($site) : false;
        return self::named($details === false ? '' : (string) $details->blogname, "site {$site}");
    }

    private static function person(int $user): string
    {
        $found = get_userdata($user);
        return $found === false ? '' : ($found->display_name ?: $found->user_login);
    }

    private static function named(string $name, string $id): string
    {
        return $name === '' ? $id : "{$name} ({$id})";
    }

    /**
     * What Data Machine calls it.
     */
    private static function agent(int $agent): string
    {
        static $known = [];
        if (!isset($known[$agent])) {
            $known[$agent] = '';
            try {
                $row = class_exists(Agents::class) ? (new Agents())->get_agent($agent) : null;
                $known[$agent] = is_string($row['agent_name'] ?? null) ? $row['agent_name'] : '';
            } catch (\Throwable) {
                // A name is nothing to fail for.
            }
        }
        return $known[$agent];
    }
}
