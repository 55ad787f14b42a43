<?php

declare(strict_types=1);

namespace DataMachine\Core\Steps\Fetch\Handlers\Email;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Connections\Tests\Dropin\Providers\Email;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Plays Data Machine's class of mailboxes: delegations are read and written in the option itself, past the base class.
 */
class EmailAuth extends Email
{
    public const OPERATIONS = ['read', 'search', 'draft', 'send', 'reply', 'organize', 'delete', 'unsubscribe'];

    private const OPTION = 'datamachine_auth_data';

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function resolve_mailbox(
        string $account,
        string|array $operations = 'read',
        array $context = [],
    ): array|\WP_Error {
        $name = strtolower(trim(preg_replace('/^email_imap:/', '', $account)));
        if ($name === 'default') {
            $credentials = $this->get_config();
            return PermissionHelper::get_acting_agent_id() === null && $credentials !== []
                ? self::resolved($name, 'site', 0, $credentials)
                : new \WP_Error('email_mailbox_forbidden', 'Not for this one.');
        }
        $found = $this->find_named_accounts($name);
        $allowed = array_filter($found, fn (array $match): bool => $this->may($match, (array) $operations));
        if (count($allowed) !== 1) {
            $code = $found === [] ? 'auth_ref_unresolved' : 'email_mailbox_forbidden';
            return new \WP_Error(count($allowed) > 1 ? 'email_mailbox_ambiguous' : $code, 'There is not one mailbox.');
        }
        $match = reset($allowed);
        return self::resolved($name, $match['owner_type'], $match['owner_id'], $match['account']);
    }

    public function grant_agent(
        string $account,
        string $owner_type,
        int $owner_id,
        int $agent_id,
        array $operations,
    ): bool {
        $name = $this->normalize_named_account_name($account);
        $operations = array_values(array_intersect(self::OPERATIONS, $operations));
        if ($agent_id <= 0 || $operations === [] || $this->get_named_account($name, $owner_type, $owner_id) === null) {
            return false;
        }
        $data = get_site_option(self::OPTION, []);
        $data['email_imap']['delegations']["{$owner_type}:{$owner_id}"][$name]["agent:{$agent_id}"] = [
            'operations' => $operations,
            'granted_at' => gmdate('c'),
            'granted_by' => PermissionHelper::acting_user_id(),
        ];
        return update_site_option(self::OPTION, $data);
    }

    public function revoke_agent(string $account, string $owner_type, int $owner_id, int $agent_id): bool
    {
        $name = $this->normalize_named_account_name($account);
        if ($name === '' || $agent_id <= 0) {
            return false;
        }
        $owner = "{$owner_type}:{$owner_id}";
        $data = get_site_option(self::OPTION, []);
        if (!isset($data['email_imap']['delegations'][$owner][$name]["agent:{$agent_id}"])) {
            return true;
        }
        unset($data['email_imap']['delegations'][$owner][$name]["agent:{$agent_id}"]);
        update_site_option(self::OPTION, $data);
        $after = get_site_option(self::OPTION, []);
        return !isset($after['email_imap']['delegations'][$owner][$name]["agent:{$agent_id}"]);
    }

    public function delete_named_account(
        string $account_name,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): bool {
        $name = $this->normalize_named_account_name($account_name);
        $scope = $this->named_account_scope($owner_type, $owner_id);
        if ($name === '' || $scope === false) {
            return false;
        }
        $data = get_site_option(self::OPTION, []);
        $before = $data;
        unset($data['email_imap']['delegations'][$scope ?? 'site:0'][$name]);
        if ($scope !== null) {
            unset($data['email_imap']['principals'][$scope]['accounts'][$name]);
            return $data === $before || update_site_option(self::OPTION, $data);
        }
        unset($data['email_imap']['accounts'][$name]);
        return $data === $before || update_site_option(self::OPTION, $data);
    }

    private function may(array $match, array $operations): bool
    {
        $agent = (int) PermissionHelper::get_acting_agent_id();
        $user = PermissionHelper::acting_user_id();
        $owner = "{$match['owner_type']}:{$match['owner_id']}";
        if ($agent === 0) {
            return $owner === "user:{$user}" || ($match['owner_type'] === 'site' && user_can($user, 'manage_options'));
        }
        $all = get_site_option(self::OPTION, []);
        $grant = $all['email_imap']['delegations'][$owner][$match['account_name']]["agent:{$agent}"] ?? null;
        $granted = is_array($grant) ? (array) ($grant['operations'] ?? []) : [];
        return $owner === "agent:{$agent}" || ($grant !== null && array_diff($operations, $granted) === []);
    }

    private static function resolved(string $name, string $type, int $id, array $credentials): array
    {
        $owner = ['type' => $type, 'id' => $id];
        return ['ref' => "email_imap:{$name}", 'owner' => $owner, 'credentials' => $credentials];
    }
}
