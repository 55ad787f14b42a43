<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\ExportReport;
use DataMachine\Connections\LegacyExport;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Window;

/**
 * Gives everything back to the option, as Data Machine would hold it now, and lets the site be as before the migration.
 * The store stays, and is brought up to date should there be another migration.
 */
final class Rollback
{
    /** How often it begins anew where somebody saves meanwhile. */
    private const TRIES = 5;

    public function __construct(
        private readonly Vault $vault,
        private readonly Anchor $anchor,
        private readonly OptionRow $row = new OptionRow(),
    ) {
    }

    /**
     * What the option would not have: what has no place in it, and what does not open. Nothing is changed.
     */
    public function look(): ExportReport
    {
        return $this->vault->exportLegacy(wp_salt('auth'), leaveOut: true)->report;
    }

    /**
     * Does it.
     *
     * @param bool $leaveOut go without what does not open; else that refuses it
     *
     * @throws \Throwable what stands in the way; the vault is still in charge then
     */
    public function run(bool $leaveOut): ExportReport
    {
        $export = Switching::of($this->row, function () use ($leaveOut): LegacyExport {
            $export = $this->exported($leaveOut);
            if (!$this->row->write($export->bytes())) {
                throw new Refusal('not_switched', 'The option ' . OptionRow::OPTION . ' could not be written.');
            }
            Anchor::delete();
            return $export;
        });
        (new Progress(Progress::ROLLED_BACK, $this->anchor, ...Latecomers::since($export)))->write();
        Strays::plan();
        return $export->report;
    }

    /**
     * The option as Data Machine would hold it.
     */
    public static function export(Vault $vault, bool $leaveOut): LegacyExport
    {
        return $vault->exportLegacy(wp_salt('auth'), fields: Window::FIELDS, leaveOut: $leaveOut);
    }

    /**
     * The newest state that there is: a request under way may save while this one reads.
     */
    private function exported(bool $leaveOut): LegacyExport
    {
        for ($tries = self::TRIES; true; $tries--) {
            $export = self::export($this->vault, $leaveOut);
            if ($tries === 1 || $this->vault->writes() === $export->report->writes) {
                return $export;
            }
        }
    }
}
