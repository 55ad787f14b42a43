<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\LegacyExport;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Store;
use DataMachine\Connections\WordPress\Window\OptionRow;

/**
 * What landed in the store though it was given back to the option: a request was under way at the rollback, such as one
 * that waited for a provider's new token. As long as nobody has written the option since, that is given back as well.
 */
final class Latecomers
{
    public function __construct(private readonly OptionRow $row = new OptionRow())
    {
    }

    /**
     * By what they are told later: members of Progress.
     *
     * @return array{given: string, writes: int}
     */
    public static function since(LegacyExport $export): array
    {
        return ['given' => hash('sha256', $export->bytes()), 'writes' => $export->report->writes];
    }

    /**
     * For the events.
     */
    public static function run(): void
    {
        Plugin::attempt(static fn () => (new self())->take());
    }

    /**
     * Gives them back.
     *
     * @return bool whether there were any
     *
     * @throws \Throwable what stands in the way
     */
    public function take(): bool
    {
        $progress = Progress::read();
        if ($progress?->phase !== Progress::ROLLED_BACK) {
            return false;
        }
        $vault = Store::of($progress->anchor)->vault();
        if ($vault->writes() === $progress->writes) {
            return false;
        }
        $export = Switching::of($this->row, function (?string $raw) use ($progress, $vault): LegacyExport {
            if (hash('sha256', (string) $raw) !== $progress->given) {
                throw new Refusal('saved_late', 'A request that was under way at the rollback saved accounts in the'
                    . ' store afterwards, and the option ' . OptionRow::OPTION . ' has been changed since: so they are'
                    . " only in {$progress->anchor->path}. Connect again what does not work.");
            }
            $export = Rollback::export($vault, leaveOut: true);
            $this->row->write($export->bytes());
            return $export;
        });
        $progress->write(...self::since($export));
        return true;
    }
}
