<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\SaveOptions;

/**
 * What the base class's methods have in common: one owner's account, read and written. Only private members, so that
 * children may use the names.
 *
 * @internal
 */
trait StoredAccounts
{
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
     * @param array<string, mixed> $config
     */
    private function writeConfig(string $owner, #[\SensitiveParameter] array $config): bool
    {
        $config = $this->opened($config);
        if ($config === null) {
            return false;
        }
        $options = new SaveOptions(status: Standing::initial($this, $config, Standing::CONFIG));
        return Storage::saveConfig($this->get_provider_slug(), $owner, $config, $options);
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
