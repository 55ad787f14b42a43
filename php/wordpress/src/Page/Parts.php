<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;

/**
 * What the page is put together from, as WordPress's own pages look.
 *
 * @internal
 */
final class Parts
{
    public static function heading(string $text, int $level = 2): Html
    {
        return Html::tag("h{$level}", [], $text);
    }

    public static function text(string|Html ...$words): Html
    {
        return Html::tag('p', [], ...$words);
    }

    /**
     * Lines to type or to put into a file.
     *
     * @param list<string> $lines none is nothing
     */
    public static function lines(array $lines): Html
    {
        $style = 'max-width:60em;overflow:auto;padding:.8em 1em;background:#f6f7f7;border:1px solid #c3c4c7';
        $label = __('Lines to type or to copy', 'datamachine-connections');
        $attributes = ['style' => $style, 'tabindex' => '0', 'role' => 'group', 'aria-label' => $label];
        return $lines === [] ? Html::all() : Html::tag('pre', $attributes, implode("\n", $lines));
    }

    /**
     * @param list<string|Html> $items
     */
    public static function list(array $items, bool $ordered = false): Html
    {
        $style = 'margin-left:2em;list-style:' . ($ordered ? 'decimal' : 'disc');
        $items = array_map(static fn (string|Html $item): Html => Html::tag('li', [], $item), $items);
        return Html::tag($ordered ? 'ol' : 'ul', ['style' => $style], ...$items);
    }

    /**
     * A table whose rows are named by their first cell.
     *
     * @param list<string>            $heads
     * @param list<list<string|Html>> $rows
     */
    public static function table(string $caption, array $heads, array $rows): Html
    {
        $head = array_map(static fn (string $one): Html => Html::tag('th', ['scope' => 'col'], $one), $heads);
        $caption = Html::tag('caption', ['class' => 'screen-reader-text'], $caption);
        return Html::tag(
            'table',
            ['class' => 'widefat striped', 'style' => 'max-width:80em'],
            $caption,
            Html::tag('thead', [], Html::tag('tr', [], ...$head)),
            Html::tag('tbody', [], ...array_map(self::row(...), $rows))
        );
    }

    /**
     * A table of what is so: name and value.
     *
     * @param array<string, string|Html> $facts
     */
    public static function facts(string $caption, array $facts): Html
    {
        $rows = [];
        foreach ($facts as $name => $value) {
            $rows[] = self::row([$name, $value], 'width:16em');
        }
        $caption = Html::tag('caption', ['class' => 'screen-reader-text'], $caption);
        $attributes = ['class' => 'widefat striped', 'style' => 'max-width:80em'];
        return Html::tag('table', $attributes, $caption, Html::tag('tbody', [], ...$rows));
    }

    public static function details(string $summary, Html ...$inner): Html
    {
        $summary = Html::tag('summary', ['style' => 'cursor:pointer'], $summary);
        return Html::tag('details', ['style' => 'margin:1em 0'], $summary, ...$inner);
    }

    /**
     * @param string       $kind  `error`, `warning`, `info`, `success`
     * @param list<string> $lines to type
     */
    public static function notice(string $kind, string $text, array $lines = []): Html
    {
        $role = $kind === 'error' ? 'alert' : 'status';
        $attributes = ['class' => "notice notice-{$kind} inline", 'role' => $role];
        return Html::tag('div', $attributes, self::text($text), self::lines($lines));
    }

    public static function problem(Problem $problem, string $kind = 'error'): Html
    {
        return self::notice($kind, $problem->message(), $problem->lines());
    }

    /**
     * A button that does something, and what goes with it: fields that are seen come before it.
     *
     * @param array<string, string|int> $values what else is sent
     * @param string                    $class  `primary`, `secondary`, `link-delete` ...
     * @param string                    $says   what it does, where several have the same text
     */
    public static function form(
        string $action,
        string $button,
        array $values = [],
        string $class = 'secondary',
        string $says = '',
        Html ...$fields,
    ): Html {
        $hidden = [];
        $sent = [Actions::FIELD => $action, '_wpnonce' => wp_create_nonce(Actions::nonce($action))] + $values;
        foreach ($sent as $name => $value) {
            $hidden[] = Html::tag('input', ['type' => 'hidden', 'name' => $name, 'value' => $value]);
        }
        $attributes = ['type' => 'submit', 'class' => "button button-{$class}"];
        $attributes += $says === '' ? [] : ['aria-label' => $says];
        return Html::tag(
            'form',
            ['method' => 'post', 'action' => Plugin::page()] + ($says === ''
                ? ['id' => Actions::nonce($action)]
                : ['style' => 'display:inline-block;margin-right:.5em']),
            ...[...$hidden, ...$fields, Html::tag('button', $attributes, $button)]
        );
    }

    public static function link(string $address, string $text): Html
    {
        return Html::tag('a', ['href' => $address], $text);
    }

    /**
     * @param list<string|Html> $cells
     */
    private static function row(array $cells, string $style = ''): Html
    {
        $attributes = ['scope' => 'row', 'style' => "vertical-align:top;{$style}"];
        $first = Html::tag('th', $attributes, array_shift($cells) ?? '');
        return Html::tag('tr', [], $first, ...array_map(
            static fn (string|Html $cell): Html => Html::tag('td', [], $cell),
            $cells
        ));
    }
}
