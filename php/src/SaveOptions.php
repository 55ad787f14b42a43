<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Arguments;

/**
 * What may be said with a save or a merge. What is not said (null), the library reads in the document by the catalogue.
 *
 * An array says null, too: `['expires_at' => null]` for a connection that does not expire, whatever its document says.
 */
final class SaveOptions implements Arguments
{
    /**
     * @param int|null          $ifRevision  write only if the row is still at this revision; 0: only if there is none
     * @param string|null       $remoteId    the account's identifier at the provider
     * @param string|null       $displayName the account's name for people
     * @param list<string>|null $scopes      the scopes that were granted
     * @param Status|null       $status      the status to begin with: `Status::Pending` where it is to be confirmed
     * @param int|null          $expiresAt   when the access ends, in Unix seconds
     * @param bool              $exclusiveName refuse the save where another owner has a connection of the provider
     *                                       under this account name; ConflictException::holder() tells whose
     * @param list<Grant>       $grants      what agents may do with it, given together with it or not at all; they name
     *                                       no account. What an agent has in the same terms is not given again
     * @param bool              $replace     another remote account may take the place of the one that is there: a new
     *                                       connection, and `Saved::$replaced` is the id of the old one
     * @param bool              $renewed     the provider renewed these tokens by itself: no person consented anew
     *
     * @SuppressWarnings(PHPMD.ExcessiveParameterList) They are given by their names.
     */
    public function __construct(
        public readonly ?int $ifRevision = null,
        public readonly ?string $remoteId = null,
        public readonly ?string $displayName = null,
        public readonly ?array $scopes = null,
        public readonly ?Status $status = null,
        public readonly ?int $expiresAt = null,
        public readonly bool $exclusiveName = false,
        public readonly array $grants = [],
        public readonly bool $replace = false,
        public readonly bool $renewed = false,
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
            'if_revision' => $this->ifRevision,
            'remote_id' => $this->remoteId,
            'display_name' => $this->displayName,
            'scopes' => $this->scopes,
            'status' => $this->status?->value,
            'expires_at' => $this->expiresAt,
            'exclusive_name' => $this->exclusiveName ?: null,
            'grants' => $this->grants ?: null,
            'replace' => $this->replace ?: null,
            'renewed' => $this->renewed ?: null,
        ], static fn (mixed $value): bool => $value !== null);
    }
}
