<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * An app config (a provider's client registration) with its document.
 */
final class AppConfig extends AppConfigInfo
{
    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row, public readonly Document $document)
    {
        parent::__construct($row);
    }
}
