<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Migration\Progress;

/**
 * The page while connections are moved: how far it is. It goes on by itself where scripts run, for who began it.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class RunningView
{
    public static function show(Progress $progress, bool $failed): Html
    {
        $mine = $progress->by === (new Input([]))->by();
        return Html::all(
            Parts::heading(__('The connections are being moved', 'datamachine-connections')),
            self::bar($progress),
            Parts::text(__('The option is still what counts, and Data Machine works as before. You may close this page: what was moved stays moved, and the next time it goes on from there. A time limit or a crash in between does no harm.', 'datamachine-connections')),
            $mine ? Html::all() : self::others($progress),
            Parts::form('migrate', __('Go on', 'datamachine-connections'), class: 'primary'),
            $mine && !$failed ? self::goOn() : Html::all()
        );
    }

    private static function bar(Progress $progress): Html
    {
        $known = $progress->entries > $progress->done;
        /* translators: 1: a number, 2: a number. */
        $text = $known ? __('%1$d of %2$d', 'datamachine-connections') : __('%1$d so far', 'datamachine-connections');
        $text = sprintf($text, $progress->done, $progress->entries);
        $attributes = ['style' => 'width:30em;max-width:100%', 'id' => 'datamachine_connections_progress'];
        $attributes += $known ? ['max' => $progress->entries, 'value' => $progress->done] : [];
        return Html::tag(
            'p',
            ['role' => 'status'],
            Html::tag('label', ['for' => $attributes['id']], __('Moved:', 'datamachine-connections') . ' '),
            Html::tag('progress', $attributes, $text),
            ' ',
            $text
        );
    }

    private static function others(Progress $progress): Html
    {
        /* translators: 1: who, 2: a time. */
        $text = __('Begun by %1$s, last moved on at %2$s. If that page is closed by now, go on here.', 'datamachine-connections');
        return Parts::text(sprintf($text, Words::owner((string) $progress->by), Words::time($progress->at)));
    }

    private static function goOn(): Html
    {
        $form = Actions::nonce('migrate');
        return Html::all(
            Parts::text(__('It goes on by itself. Without scripts in the browser, press the button until it is done.', 'datamachine-connections')),
            Html::script("setTimeout(function () { document.getElementById('{$form}').submit(); }, 300);")
        );
    }
}
