<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\ImportEntry;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\WordPress\Migrated;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Stub;

/**
 * What landed in the option though the vault is in charge: a request was under way at the switch, or Data Machine ran
 * for a time without this plugin. It is taken over, and the option emptied again.
 *
 * Such a request wrote the whole option, most of it as it was at the switch and older than the vault by now. So an
 * entry counts only where the vault does not have it, or where it is not what was taken over at the migration.
 */
final class Strays
{
    /** After how many seconds requests of before the switch may have ended; later the hourly event looks for them. */
    private const SOON = [60, 300, 1800];

    private const NOT_TAKEN_OVER = 'differs';

    public function __construct(private readonly OptionRow $row = new OptionRow())
    {
    }

    /**
     * Plans to look for them: after a migration. After a rollback the same events look for latecomers.
     */
    public static function plan(): void
    {
        foreach (self::SOON as $seconds) {
            // With an argument: WordPress takes events of one name within ten minutes for one.
            wp_schedule_single_event(time() + $seconds, Migrated::STRAYS, [$seconds]);
        }
    }

    /**
     * For the events.
     */
    public static function run(): void
    {
        Plugin::attempt(static fn () => (new self())->take());
    }

    /**
     * Takes them over.
     *
     * @return list<string> their places, such as `reddit/account`
     */
    public function take(): array
    {
        // Locked only where there is something: nearly always there is not.
        $raw = $this->row->raw();
        if ($raw === null) {
            $this->row->ensure();
        }
        return self::foreign($raw) === [] ? [] : Switching::of($this->row, $this->takeOver(...));
    }

    /**
     * What is in the option that is not ours.
     *
     * @return array<array-key, mixed>
     */
    private static function foreign(#[\SensitiveParameter] ?string $raw): array
    {
        $option = $raw === null ? [] : @unserialize($raw, ['allowed_classes' => false]);
        // Written over a stub by who saw no connections, it may have that in it.
        return !is_array($option) ? [] : array_filter(
            $option,
            static fn (mixed $entry, int|string $slug): bool => !Stub::is([$slug => $entry]),
            ARRAY_FILTER_USE_BOTH
        );
    }

    /**
     * @return list<string>
     */
    private function takeOver(#[\SensitiveParameter] ?string $raw): array
    {
        $option = self::foreign($raw);
        $report = Runtime::vault()->importLegacy(serialize($option), [Runtime::salt()], dryRun: true);
        $base = $option;
        $places = [];
        foreach ($report->entries as $entry) {
            if (self::counts($entry)) {
                $base = self::without($base, $entry->path);
                $places[] = implode('/', $entry->path);
            }
        }
        if ($places !== []) {
            Runtime::vault()->writeOption(serialize($base), serialize($option), [Runtime::salt()]);
        }
        $this->row->write(serialize(Stub::make()));
        return $places;
    }

    private static function counts(ImportEntry $entry): bool
    {
        return match ($entry->outcome) {
            ImportOutcome::Unchanged => false,
            ImportOutcome::Differs => $entry->code === self::NOT_TAKEN_OVER,
            default => true,
        };
    }

    /**
     * @param array<array-key, mixed> $tree
     * @param list<string>            $path
     *
     * @return array<array-key, mixed>
     */
    private static function without(#[\SensitiveParameter] array $tree, array $path): array
    {
        $key = array_shift($path);
        if ($path === []) {
            unset($tree[$key]);
            return $tree;
        }
        $tree[$key] = self::without($tree[$key], $path);
        return $tree;
    }
}
