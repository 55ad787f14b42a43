<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * The option `datamachine_auth_data` as WordPress's hooks let it be served: code that reads or writes it directly goes
 * on working, and nothing of it lies in the database.
 *
 * WordPress asks before it reads, hands over what it is about to write, and tells before it deletes. Each of these has
 * a form for network options; on a single site these end in the plain option, which some code names directly. On a
 * network the plain options of its blogs are none of ours: Data Machine's uninstall deletes one in each.
 *
 * @internal
 */
abstract class OptionHooks
{
    /** Whether what deletes the network's option deletes the plain one right now, on a single site. */
    private bool $emptied = false;

    public function __construct(protected readonly OptionRow $row)
    {
    }

    /**
     * Hooks in. Last to be asked what is written, so that other filters have had their say.
     */
    public function register(): void
    {
        $option = OptionRow::OPTION;
        add_filter("pre_site_option_{$option}", [$this, 'readOfNetwork'], PHP_INT_MAX, 4);
        add_filter("pre_update_site_option_{$option}", [$this, 'writtenToNetwork'], PHP_INT_MAX, 4);
        add_filter("pre_add_site_option_{$option}", [$this, 'added'], PHP_INT_MIN);
        add_action("pre_delete_site_option_{$option}", [$this, 'deletedOfNetwork'], PHP_INT_MAX, 2);
        add_action("delete_site_option_{$option}", [$this, 'deleted']);
        if (!is_multisite()) {
            add_filter("pre_option_{$option}", [$this, 'read'], PHP_INT_MAX, 3);
            add_filter("sanitize_option_{$option}", [$this, 'sanitised'], PHP_INT_MAX);
            add_filter("pre_update_option_{$option}", [$this, 'written'], PHP_INT_MAX, 2);
            add_action('delete_option', [$this, 'deletedPlain'], PHP_INT_MAX);
            add_action("delete_option_{$option}", [$this, 'deleted']);
            // Data Machine's uninstall deletes the plain option, of which nobody is told where there is no row.
            add_action('pre_uninstall_plugin', [$this->row, 'ensure']);
        }
    }

    /**
     * The option's content.
     *
     * @return array<array-key, mixed>
     */
    abstract protected function content(): array;

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
    public function readOfNetwork(mixed $before, string $option, int $network, mixed $default = false): mixed
    {
        return $this->isOther($network) ? [] : $this->read($before, $option, $default);
    }

    /**
     * For the filter. Never false, which would let WordPress look into the database.
     *
     * @internal
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function read(mixed $before, string $option, mixed $default = false): mixed
    {
        $content = $this->content();
        return $content === [] && $default !== false ? $default : $content;
    }

    /**
     * @internal for the filter
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function writtenToNetwork(
        #[\SensitiveParameter] mixed $value,
        #[\SensitiveParameter] mixed $old,
        string $option,
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
            $this->refused('what is no array');
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
        if (!is_array($value) || Stub::is($value) || $this->content() !== []) {
            return $value;
        }
        return $this->store($value) ? Stub::make() : $value;
    }

    /**
     * For the action. Where it is refused there is no row to be deleted, and WordPress answers so.
     *
     * @internal
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function deletedOfNetwork(string $option, int $network): void
    {
        if ($this->isOther($network)) {
            $this->refused('another network\'s connections');
            return;
        }
        $this->emptied = $this->clear();
        $this->emptied ? $this->row->ensure() : $this->row->drop();
    }

    /**
     * For the action that tells of every plain option.
     *
     * @internal
     */
    public function deletedPlain(string $option): void
    {
        if ($option !== OptionRow::OPTION || $this->emptied) {
            return;
        }
        if (!$this->clear()) {
            $this->row->drop();
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

    private function isOther(int $network): bool
    {
        return is_multisite() && $network !== get_current_network_id();
    }
}
