<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What came of asking for a credential: the decision, and where it is allowed what an agent may have of the connection.
 */
final class Acquired
{
    public readonly bool $allowed;

    /**
     * @internal
     *
     * @param Document|null $credential the members that the catalogue's `use` list names; null where it was refused
     */
    public function __construct(public readonly Decision $decision, public readonly ?Document $credential)
    {
        $this->allowed = $decision->allowed;
    }

    /**
     * One member of the credential, such as `access_token`; null where there is none.
     */
    public function get(string $name): mixed
    {
        return $this->credential?->get($name);
    }
}
