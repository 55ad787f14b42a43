<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\Dropin\WordPress;

/**
 * The option while the vault cannot be reached: nothing is read, every save and deletion is refused, and nothing lands
 * in the database.
 *
 * @internal
 */
final class HeldWindow extends Served
{
    private bool $told = false;

    public function __construct(OptionRow $row, private readonly Problem $problem)
    {
        parent::__construct($row);
    }

    protected function content(): array
    {
        return [];
    }

    protected function isEmpty(): bool
    {
        return true;
    }

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    protected function store(#[\SensitiveParameter] array $value): bool
    {
        $this->refused('connections');
        return false;
    }

    protected function clear(): bool
    {
        $this->refused('a deletion of all connections');
        return false;
    }

    protected function refused(string $what): void
    {
        if (!$this->told) {
            $this->told = true;
            WordPress::log('error', "Connections: {$what} could not be saved. {$this->problem->message()}", [
                'reason' => $this->problem->code,
            ]);
        }
    }
}
