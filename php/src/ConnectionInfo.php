<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is known about a connection without opening its document.
 */
class ConnectionInfo extends RowInfo
{
    public readonly string $account;
    /** The account's identifier at the provider, where it is known. */
    public readonly ?string $remoteId;
    public readonly ?string $displayName;
    /** @var list<string> */
    public readonly array $scopes;
    /** Null where it does not expire. */
    public readonly ?int $expiresAt;
    public readonly ?int $lastUsedAt;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        parent::__construct($row);
        $this->account = $row['account'];
        $this->remoteId = $row['remote_id'];
        $this->displayName = $row['display_name'];
        $this->scopes = $row['scopes'];
        $this->expiresAt = $row['expires_at'];
        $this->lastUsedAt = $row['last_used_at'];
    }
}
