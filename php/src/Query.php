<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Arguments;

/**
 * Which rows to list. What is not given does not restrict.
 */
final class Query implements Arguments
{
    /**
     * @param int|null    $expiringBefore those whose access ends before this time, in Unix seconds
     * @param int|null    $limit          the most rows of one page, 1 to 1000 (100)
     * @param string|null $after          the `next` of the page before
     */
    public function __construct(
        public readonly ?string $provider = null,
        public readonly ?string $owner = null,
        public readonly ?string $account = null,
        public readonly ?string $remoteId = null,
        public readonly ?Status $status = null,
        public readonly ?int $expiringBefore = null,
        public readonly ?int $limit = null,
        public readonly ?string $after = null,
    ) {
    }

    /**
     * As the header describes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return array_filter([
            'provider' => $this->provider,
            'owner' => $this->owner,
            'account' => $this->account,
            'remote_id' => $this->remoteId,
            'status' => $this->status?->value,
            'expiring_before' => $this->expiringBefore,
            'limit' => $this->limit,
            'after' => $this->after,
        ], static fn (mixed $value): bool => $value !== null);
    }
}
