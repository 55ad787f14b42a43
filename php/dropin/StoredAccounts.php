<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\SaveOptions;

// Upstream's names are kept.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * The accounts of `BaseAuthProvider`: the site's, users', agents', and named ones. All that is not upstream's is
 * private, so that children may use the names.
 *
 * @internal
 */
trait StoredAccounts
{
    /**
     * The site's account; null where there is none.
     *
     * @return array<string, mixed>|null
     */
    public function get_site_account(): ?array
    {
        return $this->read(Principals::SITE);
    }

    /**
     * Writes the whole of the site's account.
     */
    public function save_site_account(#[\SensitiveParameter] array $account): bool
    {
        return $this->write(Principals::SITE, $account);
    }

    /**
     * Writes some members of the site's account, as `array_merge()` does.
     */
    public function update_site_account(#[\SensitiveParameter] array $patch): bool
    {
        return $this->patch(Principals::SITE, $patch);
    }

    /**
     * Deletes the site's account; true also where there was none.
     */
    public function delete_site_account(): bool
    {
        return Storage::deleteAccount($this->get_provider_slug(), Principals::SITE);
    }

    /**
     * The site's account; empty where there is none.
     *
     * @return array<string, mixed>
     */
    public function get_account(): array
    {
        return $this->read(...Storage::place($this)) ?? [];
    }

    /**
     * Writes the whole of the site's account.
     */
    public function save_account(#[\SensitiveParameter] array $data): bool
    {
        [$owner, $name] = Storage::place($this);
        return $this->write($owner, $data, $name);
    }

    /**
     * Writes some members of the account of whom the policy finds, or else of the site's. Members of the site's account
     * never come into another's.
     *
     * @param array<string, mixed> $context `agent_id`, `user_id`
     */
    public function update_account(#[\SensitiveParameter] array $patch, array $context = []): bool
    {
        $renewed = Storage::renewalBy($this)?->place();
        $owner = $renewed[0] ?? $this->get_principal_scope($context, 'account') ?? Principals::SITE;
        return $this->patch($owner, $patch, $renewed[1] ?? Names::DEFAULT);
    }

    /**
     * Deletes the site's account; true also where there was none.
     */
    public function clear_account(): bool
    {
        return Storage::deleteAccount($this->get_provider_slug(), ...Storage::place($this));
    }

    /**
     * The account of whom the policy finds (see `get_principal_scope()`), or else the site's; null where neither is.
     *
     * @param array<string, mixed> $context `agent_id`, `user_id`
     *
     * @return array<string, mixed>|null
     */
    public function get_account_for_policy_context(array $context = []): ?array
    {
        $scope = $this->get_principal_scope($context, 'account');
        $account = $scope === null ? null : Storage::account($this->get_provider_slug(), $scope);
        return $account === null ? $this->read(Principals::SITE) : $this->handedOut($account);
    }

    /**
     * A user's account, never the site's; null where there is none.
     *
     * Filter: `datamachine_resolve_oauth_account_for_user` (null, slug, user id), whose non-empty array is the answer,
     * as it is. That an account was found is logged, the account is not.
     *
     * @return array<string, mixed>|null
     */
    public function get_account_for_user(int $user_id): ?array
    {
        $owner = Principals::owner(self::AUTH_SCOPE_USER, $user_id);
        if ($owner === null) {
            return null;
        }
        $slug = $this->get_provider_slug();
        $id = Principals::id($user_id);
        $resolved = WordPress::filter('datamachine_resolve_oauth_account_for_user', null, $slug, $id);
        $account = is_array($resolved) && $resolved !== [] ? $resolved : $this->read($owner);
        if ($account !== null) {
            WordPress::log('debug', 'OAuth: Per-user account resolved', [
                'provider' => $slug,
                'user_id' => $id,
                'source' => $account === $resolved ? 'filter' : 'default',
            ]);
        }
        return $account;
    }

    /**
     * Writes the whole of a user's account.
     */
    public function save_account_for_user(int $user_id, #[\SensitiveParameter] array $account): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_USER, $user_id);
        return $owner !== null && $this->write($owner, $account);
    }

    /**
     * Writes some members of a user's account, which is made where there is none.
     */
    public function update_account_for_user(int $user_id, #[\SensitiveParameter] array $patch): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_USER, $user_id);
        return $owner !== null && $this->patch($owner, $patch);
    }

    /**
     * Deletes all that a user has of this provider: account, app config, named accounts. True also for nothing.
     */
    public function delete_account_for_user(int $user_id): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_USER, $user_id);
        return $owner !== null && Storage::clear($this->get_provider_slug(), $owner);
    }

    /**
     * An agent's account, never the site's; null where there is none.
     *
     * @return array<string, mixed>|null
     */
    public function get_account_for_agent(int $agent_id): ?array
    {
        $owner = Principals::owner(self::AUTH_SCOPE_AGENT, $agent_id);
        return $owner === null ? null : $this->read($owner);
    }

    /**
     * Writes the whole of an agent's account.
     */
    public function save_account_for_agent(int $agent_id, #[\SensitiveParameter] array $account): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_AGENT, $agent_id);
        return $owner !== null && $this->write($owner, $account);
    }

    /**
     * Writes some members of an agent's account, which is made where there is none.
     */
    public function update_account_for_agent(int $agent_id, #[\SensitiveParameter] array $patch): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_AGENT, $agent_id);
        return $owner !== null && $this->patch($owner, $patch);
    }

    /**
     * Deletes all that an agent has of this provider: account, app config, named accounts. True also for nothing.
     */
    public function delete_account_for_agent(int $agent_id): bool
    {
        $owner = Principals::owner(self::AUTH_SCOPE_AGENT, $agent_id);
        return $owner !== null && Storage::clear($this->get_provider_slug(), $owner);
    }

    /**
     * One of several accounts of an owner; null where there is none.
     *
     * @param string $account_name `[a-z0-9][a-z0-9._-]*`, but not `default`; trimmed and lower-cased
     * @param string $owner_type   `site`, `user` or `agent`
     *
     * @return array<string, mixed>|null
     */
    public function get_named_account(
        string $account_name,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): ?array {
        $place = $this->namedPlace($account_name, $owner_type, $owner_id);
        return $place === null ? null : $this->read($place[0], $place[1]);
    }

    /**
     * Writes the whole of a named account. False where it is empty, or another owner's account has the name.
     */
    public function save_named_account(
        string $account_name,
        #[\SensitiveParameter] array $account,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): bool {
        $place = $this->namedPlace($account_name, $owner_type, $owner_id);
        return $place !== null && $account !== [] && $this->write($place[0], $account, $place[1]);
    }

    /**
     * Deletes a named account; true also where there was none.
     */
    public function delete_named_account(
        string $account_name,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): bool {
        $place = $this->namedPlace($account_name, $owner_type, $owner_id);
        return $place !== null && Storage::deleteAccount($this->get_provider_slug(), $place[0], $place[1]);
    }

    /**
     * All accounts of a name, whoever owns them; the site's first.
     *
     * @return list<array{account_name: string, owner_type: string, owner_id: int, account: array<string, mixed>}>
     */
    public function find_named_accounts(string $account_name): array
    {
        $name = $this->normalize_named_account_name($account_name);
        if (in_array($name, ['', Names::DEFAULT], true)) {
            return [];
        }
        $matches = [];
        foreach (Storage::named($this->get_provider_slug(), $name) as $owner => $account) {
            $parts = Principals::parts((string) $owner);
            if ($parts !== null) {
                $matches[] = [
                    'account_name' => $name,
                    'owner_type' => $parts[0],
                    'owner_id' => $parts[1],
                    'account' => $this->decrypt_fields($account),
                ];
            }
        }
        return $matches;
    }

    /**
     * An account name as it is stored; '' for what is none.
     */
    protected function normalize_named_account_name(string $account_name): string
    {
        return Names::normalize($account_name);
    }

    /**
     * Whose named accounts are meant: null for the site, `user:12`, `agent:7`, false for nobody.
     *
     * @return string|false|null untyped, as upstream's is
     */
    protected function named_account_scope(string $owner_type, int $owner_id)
    {
        if ($owner_type === self::AUTH_SCOPE_SITE) {
            return null;
        }
        $known = in_array($owner_type, [self::AUTH_SCOPE_USER, self::AUTH_SCOPE_AGENT], true);
        return $known && $owner_id > 0 ? "{$owner_type}:{$owner_id}" : false;
    }

    /**
     * @return array<string, mixed>|null
     */
    private function read(string $owner, string $account = Names::DEFAULT): ?array
    {
        return $this->handedOut(Storage::account($this->get_provider_slug(), $owner, $account));
    }

    /**
     * @param array<string, mixed> $account
     */
    private function write(string $owner, #[\SensitiveParameter] array $account, string $name = Names::DEFAULT): bool
    {
        $account = $this->opened($account);
        if ($account === null) {
            return false;
        }
        $status = Standing::initial($this, $account);
        // While it is renewed, it has its name already.
        $exclusive = $name !== Names::DEFAULT && Storage::renewalBy($this) === null;
        $options = new SaveOptions(status: $status, exclusiveName: $exclusive, replace: true);
        return Storage::saveAccount($this->get_provider_slug(), $owner, $account, $name, $options);
    }

    /**
     * @param array<string, mixed> $patch
     */
    private function patch(string $owner, #[\SensitiveParameter] array $patch, string $name = Names::DEFAULT): bool
    {
        $patch = $this->opened($patch);
        if ($patch === null) {
            return false;
        }
        $new = new SaveOptions(ifRevision: 0, status: Standing::initial($this, $patch));
        $merged = new SaveOptions(status: Standing::after($this, $patch), replace: true);
        return Storage::updateAccount($this->get_provider_slug(), $owner, $patch, $name, $merged, $new);
    }

    /**
     * A document as callers get it: through the method that children may override.
     *
     * @param array<string, mixed>|false|null $document
     *
     * @return array<string, mixed>|null
     */
    private function handedOut(#[\SensitiveParameter] array|false|null $document): ?array
    {
        return is_array($document) ? $this->decrypt_fields($document) : null;
    }

    /**
     * What is to be saved without envelopes, which children make with `encrypt_fields()`; null where one does not open.
     *
     * @param array<string, mixed> $document
     *
     * @return array<string, mixed>|null
     */
    private function opened(#[\SensitiveParameter] array $document): ?array
    {
        if (!Envelopes::in($document)) {
            return $document;
        }
        $opened = Envelopes::open($this->get_provider_slug(), $document, array_keys($document));
        return count($opened) === count($document) ? $opened : null;
    }

    /**
     * @return array{string, string}|null owner and account name; null for what is none
     */
    private function namedPlace(string $account_name, string $owner_type, int $owner_id): ?array
    {
        $name = $this->normalize_named_account_name($account_name);
        $scope = $this->named_account_scope($owner_type, $owner_id);
        return in_array($name, ['', Names::DEFAULT], true) || $scope === false
            ? null
            : [$scope ?? Principals::SITE, $name];
    }
}
