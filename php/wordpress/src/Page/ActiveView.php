<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;

/**
 * The page while the store is in charge. A part that cannot be shown says so, and the others are.
 *
 * @internal
 */
final class ActiveView
{
    public static function show(): Html
    {
        $anchor = Belonging::anchor();
        $vault = Belonging::vault();
        $info = $vault->info();
        $parts = [
            static fn (): Html => $info->clone ? CopySection::show($info->site) : Html::all(),
            static fn (): Html => PutBackSection::show($vault),
            static fn (): Html => OverviewSection::show($vault),
            static fn (): Html => ModeSection::show($vault, $anchor),
            static fn (): Html => GrantsSection::show($vault),
            static fn (): Html => PlaceSection::show($anchor),
            static fn (): Html => BackupSection::show($anchor),
            static fn (): Html => RollbackView::offer(),
            static fn (): Html => DestroySection::show($info->connections, $info->clone),
        ];
        return Html::all(...array_map(self::guarded(...), $parts));
    }

    /**
     * @param \Closure(): Html $part
     */
    private static function guarded(\Closure $part): Html
    {
        try {
            return $part();
        } catch (\Throwable $thrown) {
            $problem = Problem::of($thrown);
            Plugin::log($problem);
            return Parts::problem($problem);
        }
    }
}
