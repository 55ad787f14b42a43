<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * What becomes of the option `datamachine_auth_data` where WordPress's hooks hand it over (Hooks): code that reads or
 * writes it directly goes on working, and nothing of it lies in the database.
 *
 * @internal
 */
abstract class Served
{
    /** Whether what deletes the network's option deletes the plain one right now, on a single site. */
    private bool $emptied = false;

    public function __construct(protected readonly OptionRow $row)
    {
    }

    /**
     * The option's content.
     *
     * @return array<array-key, mixed>
     */
    abstract protected function content(): array;

    /**
     * Whether it has none. To ask that hands nothing out.
     */
    abstract protected function isEmpty(): bool;

    /**
     * Takes over what is being written. False where that is refused.
     *
     * @param array<array-key, mixed> $value
     */
    abstract protected function store(#[\SensitiveParameter] array $value): bool;

    /**
     * Empties everything. False where that is refused.
     */
    abstract protected function clear(): bool;

    /**
     * Says that something was refused, without what it was.
     */
    abstract protected function refused(string $what): void;

    /**
     * @internal for the filter
     */
    public function readOfNetwork(mixed $default, int $network): mixed
    {
        return $this->isOther($network) ? [] : $this->read($default);
    }

    /**
     * For the filter. Never false, which would let WordPress look into the database.
     *
     * @internal
     */
    public function read(mixed $default): mixed
    {
        $content = $this->content();
        return $content === [] && $default !== false ? $default : $content;
    }

    /**
     * @internal for the filter
     */
    public function writtenToNetwork(
        #[\SensitiveParameter] mixed $value,
        #[\SensitiveParameter] mixed $old,
        int $network,
    ): mixed {
        if ($this->isOther($network)) {
            $this->refused('another network\'s connections');
            return $old;
        }
        return $this->written($value, $old);
    }

    /**
     * For the filter: what goes to the database in place of what was written. Where that is what was there before,
     * WordPress writes nothing and answers false.
     *
     * @internal
     */
    public function written(#[\SensitiveParameter] mixed $value, #[\SensitiveParameter] mixed $old): mixed
    {
        if (Stub::is($value)) {
            return $value;
        }
        if (!is_array($value)) {
            $this->refused('something that is no array');
            return $old;
        }
        return $this->store($value) ? Stub::make() : $old;
    }

    /**
     * For the filter that sees what is added to a network before WordPress looks whether there is one already.
     *
     * @internal
     */
    public function added(#[\SensitiveParameter] mixed $value): mixed
    {
        $this->row->uncache();
        return $value;
    }

    /**
     * For the filter that sees a plain option first, whether it is added or updated. Adding one that is there is no
     * write. Where nothing is there it is one, and WordPress goes on with the stub.
     *
     * @internal
     */
    public function sanitised(#[\SensitiveParameter] mixed $value): mixed
    {
        $this->row->uncache();
        if (!is_array($value) || Stub::is($value) || !$this->isEmpty()) {
            return $value;
        }
        return $this->store($value) ? Stub::make() : $value;
    }

    /**
     * For the action. Where it is refused there is no row to be deleted, and WordPress answers so.
     *
     * @internal
     */
    public function deletedOfNetwork(int $network): void
    {
        if ($this->isOther($network)) {
            $this->refused('another network\'s connections');
            return;
        }
        $this->emptied = $this->clear();
        $this->emptied ? $this->row->ensure() : $this->hide();
    }

    /**
     * For the action, of the plain option.
     *
     * @internal
     */
    public function deletedPlain(): void
    {
        if (!$this->emptied && !$this->clear()) {
            $this->hide();
        }
    }

    /**
     * For the action: the row is gone. Another stands in for it, or WordPress would not tell when somebody deletes the
     * plain option once more.
     *
     * @internal
     */
    public function deleted(): void
    {
        $this->emptied = false;
        $this->row->ensure();
    }

    /**
     * Sees to it that WordPress tells of a deletion: of a row that is not there it does not.
     *
     * @internal
     */
    public function ensure(): void
    {
        $this->row->ensure();
    }

    /** Leaves WordPress no row to delete; the next request has one again, or nobody would be told of what it deletes. */
    private function hide(): void
    {
        $this->row->drop();
        add_action('shutdown', $this->row->ensure(...));
    }

    private function isOther(int $network): bool
    {
        return is_multisite() && $network !== get_current_network_id();
    }
}
