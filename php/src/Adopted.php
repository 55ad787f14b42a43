<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What adopting a store came to.
 */
final class Adopted
{
    /** The site that it belongs to now. */
    public readonly string $site;
    /** The one that it belonged to before; the same where it was this site's already. */
    public readonly string $before;

    /**
     * @internal
     *
     * @param array{site: string, before: string} $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->site = $result['site'];
        $this->before = $result['before'];
    }
}
