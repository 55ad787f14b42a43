<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * For objects that stand for something which a copy would leak or free twice: neither cloned nor serialised.
 *
 * @internal
 */
trait NotCopied
{
    /**
     * @return array<string, mixed>
     */
    public function __serialize(): array
    {
        throw new \LogicException(self::class . ' cannot be serialised.');
    }

    /**
     * @param array<string, mixed> $data
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function __unserialize(#[\SensitiveParameter] array $data): void
    {
        throw new \LogicException(self::class . ' cannot be unserialised.');
    }

    private function __clone()
    {
    }
}
