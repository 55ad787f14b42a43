<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Arguments;

/**
 * What may be said when tokens are to be renewed. What is not said (null), the catalogue and the store say.
 */
final class RefreshOptions implements Arguments
{
    /**
     * @param int|null    $margin           how long before their end they are renewed, in seconds
     * @param bool        $force            renew them also where they are fresh, or failures are being waited out: for
     *                                      a person who asks. Not within the provider's minimum interval
     * @param int|null    $rejectedRevision the provider refused the access token of that revision: renew it, unless the
     *                                      row moved since
     * @param string|null $fallback         the member that is handed in where the account has not the one that the
     *                                      catalogue names
     * @param int|null    $httpTimeout      how long the callable may take, in seconds, 1 to 300 (30)
     * @param int|null    $patienceMs       how long to wait for somebody else who is renewing them, in milliseconds
     */
    public function __construct(
        public readonly ?int $margin = null,
        public readonly bool $force = false,
        public readonly ?int $rejectedRevision = null,
        public readonly ?string $fallback = null,
        public readonly ?int $httpTimeout = null,
        public readonly ?int $patienceMs = null,
    ) {
    }

    /**
     * As the header describes them.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return array_filter([
            'margin' => $this->margin,
            'force' => $this->force ?: null,
            'rejected_revision' => $this->rejectedRevision,
            'fallback' => $this->fallback,
            'http_timeout' => $this->httpTimeout,
            'patience_ms' => $this->patienceMs,
        ], static fn (mixed $value): bool => $value !== null);
    }
}
