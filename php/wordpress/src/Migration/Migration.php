<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\ImportReport;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Place;
use DataMachine\Connections\WordPress\Requirements;
use DataMachine\Connections\WordPress\Store;
use DataMachine\Connections\WordPress\Window\Hooks;
use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Stub;
use DataMachine\Connections\WordPress\Window\Window;

/**
 * Takes the old option over. Until the last step the option stays the truth, and Data Machine goes on writing it; a
 * request that ends in between, for whatever reason, leaves everything as it was, and the next one goes on.
 */
final class Migration
{
    /** Entries of one slice, each in one transaction. */
    private const SLICE = 200;

    private readonly Vault $vault;

    private function __construct(private Progress $progress, private readonly OptionRow $row)
    {
        $this->vault = Store::make(Place::at(dirname($progress->anchor->path)))->vault();
    }

    /**
     * Makes the place, the key and an empty store, where they are not there yet, and remembers them.
     *
     * @throws \Throwable what stands in the way
     */
    public static function prepare(): self
    {
        $before = Progress::read();
        if (Anchor::read() !== null) {
            throw self::late();
        }
        $place = Progress::place();
        $info = Store::make($place)->vault()->info();
        $anchor = Anchor::of($place, $info->storeId);
        $progress = $before?->phase === Progress::RUNNING && $before->anchor->storeId === $info->storeId
            ? $before
            : (new Progress(Progress::PREPARED, $anchor))->write();
        return new self($progress, new OptionRow());
    }

    /**
     * The same for who has just activated the plugin, so that the page can tell at once what would be moved; not where
     * something is missing, or was there before: of that the page tells.
     */
    public static function offer(): void
    {
        $isNew = !Anchor::exists() && Progress::read() === null && !Place::propose()->hasStore();
        if ($isNew && Requirements::missing() === []) {
            self::prepare();
        }
    }

    /**
     * Whether there are connections in the store that lies where one would be made, and this database knows of no move:
     * one from before it was put back.
     */
    public static function isForgotten(): bool
    {
        [$phase, $place] = [Progress::read()?->phase, Progress::place()];
        if (in_array($phase, [Progress::RUNNING, Progress::ROLLED_BACK], true) || !$place->hasStore()) {
            return false;
        }
        try {
            return !Store::make($place)->vault()->info()->isEmpty();
        } catch (\Throwable) {
            // Nobody knows that it is; unless only the key was changed since it was made.
            return $phase !== Progress::PREPARED;
        }
    }

    /**
     * Puts such a store in charge again, as it is. What the option has that was not moved then is a stray.
     *
     * @throws \Throwable what stands in the way; nothing was switched then
     */
    public static function resume(): Anchor
    {
        if (!self::isForgotten()) {
            throw self::late();
        }
        $place = Progress::place();
        $anchor = Anchor::of($place, Store::make($place)->vault()->info()->storeId)->with(migratedAt: time());
        Switching::of(new OptionRow(), static fn () => self::charge($anchor));
        (new Progress(Progress::DONE, $anchor))->write();
        Strays::plan();
        return $anchor;
    }

    /**
     * How far it has come.
     */
    public function progress(): Progress
    {
        return $this->progress;
    }

    /**
     * What would become of each entry. Nothing is kept of it.
     */
    public function look(): ImportReport
    {
        return $this->vault->importLegacy($this->option(), [wp_salt('auth')], dryRun: true);
    }

    /**
     * Takes slices over for some seconds, and where all are, ends the migration.
     *
     * @param string $by who does, such as `user:1`
     *
     * @throws \Throwable what stands in the way; nothing was switched then
     */
    public function run(float $seconds, string $by): Progress
    {
        $until = microtime(true) + $seconds;
        if ($this->progress->phase !== Progress::RUNNING) {
            $entries = count($this->look()->entries);
            $this->progress = $this->progress->write(phase: Progress::RUNNING, entries: $entries, done: 0, by: $by);
        }
        do {
            $option = $this->option();
            $from = $this->progress->done;
            $report = $this->vault->importLegacy($option, [wp_salt('auth')], from: $from, limit: self::SLICE);
            $done = $report->next ?? $from + count($report->entries);
            $this->progress = $this->progress->write(done: $done, entries: max($this->progress->entries, $done));
            if ($report->next === null) {
                return $this->progress = $this->finish($this->progress);
            }
        } while (microtime(true) < $until);
        return $this->progress;
    }

    /**
     * Brings the vault up to what the option holds now, reads everything back, and puts the vault in charge.
     */
    private function finish(Progress $progress): Progress
    {
        // Reading everything back takes its time.
        function_exists('set_time_limit') && @set_time_limit(0);
        $anchor = Switching::of($this->row, function (?string $option) use ($progress): Anchor {
            $anchor = $progress->anchor->with(migratedAt: time());
            self::charge($anchor, fn () => $this->takeOver($option));
            $this->replaceOption();
            return $anchor;
        });
        Strays::plan();
        return $progress->write(phase: Progress::DONE, anchor: $anchor, entries: $progress->done);
    }

    /**
     * Makes the vault what the option says, and looks whether it is. Where a stub is left of a migration whose anchor
     * was lost, the vault is what it has to be, and only the anchor is made anew.
     */
    private function takeOver(#[\SensitiveParameter] ?string $raw): void
    {
        $option = self::unserialised((string) $raw);
        if (Stub::is($option)) {
            return;
        }
        $salt = wp_salt('auth');
        $this->vault->writeOption(null, serialize($option), [$salt]);
        $back = new Readback($option, $this->vault->exportLegacy($salt)->toArray(), $salt);
        if ($back->differences !== []) {
            $where = implode(', ', $back->differences);
            throw new Refusal('not_the_same', "What the store gives back differs from the option in: {$where}."
                . ' Nothing was switched; the site goes on as before.');
        }
    }

    /**
     * Writes the anchor, with which the store is in charge, where none is there yet.
     *
     * @param \Closure(): void|null $first
     */
    private static function charge(Anchor $anchor, #[\SensitiveParameter] ?\Closure $first = null): void
    {
        // Who waited here for another's last step would take the stub for an option without accounts.
        Anchor::forget();
        if (Anchor::read() !== null) {
            throw self::late();
        }
        $first === null || $first();
        if (!$anchor->write()) {
            throw new Refusal('not_switched', 'The option ' . Anchor::OPTION . ' could not be written.');
        }
    }

    private static function late(): Refusal
    {
        return new Refusal('migrated_before', 'The connections of this site are in their store already.');
    }

    /**
     * Through WordPress's own functions, so that every cache of the option has the stub in place of secrets.
     */
    private function replaceOption(): void
    {
        Hooks::register(fn (): Window => new Window($this->row));
        $this->row->ensure();
        if (!update_site_option(OptionRow::OPTION, Stub::make())) {
            throw new Refusal('not_switched', 'The option ' . OptionRow::OPTION . ' could not be emptied.');
        }
    }

    /**
     * The option as it is stored, serialised; of a site that never connected anything, an empty one.
     */
    private function option(): string
    {
        $option = self::unserialised((string) $this->row->raw());
        return serialize(Stub::is($option) ? [] : $option);
    }

    /**
     * @return array<array-key, mixed>
     *
     * @throws Refusal where it is damaged: that is somebody's connections, and not none
     */
    private static function unserialised(#[\SensitiveParameter] string $option): array
    {
        $value = $option === '' ? [] : @unserialize($option, ['allowed_classes' => false]);
        // What WordPress stores of nothing: a text without content, false.
        if (is_array($value) || in_array($option, ['s:0:"";', 'b:0;', 'N;'], true)) {
            return is_array($value) ? $value : [];
        }
        throw new Refusal('option_damaged', 'The option ' . OptionRow::OPTION . ' is no list of connections: it is cut'
            . ' off or was changed by hand. Put it back from a backup of the database, or delete it.');
    }
}
