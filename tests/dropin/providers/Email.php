<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseAuthProvider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Mailboxes: the default one in the app config, others as named accounts. Extends the list of encrypted fields.
 */
class Email extends BaseAuthProvider
{
    public function __construct()
    {
        parent::__construct('email_imap');
    }

    public function get_config_fields(): array
    {
        return [
            'imap_host' => ['label' => 'Host', 'type' => 'text', 'required' => true],
            'imap_port' => ['label' => 'Port', 'type' => 'number', 'default' => 993],
            'imap_encryption' => ['label' => 'Encryption', 'type' => 'select', 'default' => 'ssl'],
            'imap_user' => ['label' => 'User', 'type' => 'text', 'required' => true],
            'imap_password' => ['label' => 'App Password', 'type' => 'password', 'required' => true],
        ];
    }

    public function is_authenticated(): bool
    {
        $config = $this->get_config();
        return !empty($config['imap_host']) && !empty($config['imap_user']) && !empty($config['imap_password']);
    }

    public function get_account_details(): ?array
    {
        return $this->is_authenticated() ? ['email' => $this->get_config()['imap_user']] : null;
    }

    protected function get_encrypted_fields(): array
    {
        return array_merge(parent::get_encrypted_fields(), ['imap_password']);
    }
}
