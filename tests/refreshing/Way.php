<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Refreshing;

/**
 * A way to keep accounts, and to renew their tokens.
 */
interface Way
{
    /**
     * Renews what has to be.
     *
     * @param int $patience for how long to wait for somebody else who does, in milliseconds
     *
     * @return string what came of it, and where there is more to it: a colon, and until when or why
     */
    public function look(int $number, int $patience, bool $force): string;

    /**
     * @param array<string, mixed> $account
     */
    public function save(int $number, #[\SensitiveParameter] array $account): void;

    /**
     * @return array<string, mixed>
     */
    public function read(int $number): array;
}
