<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\KeySource;

/**
 * Where the store and its key are.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class PlaceSection
{
    public static function show(Anchor $anchor): Html
    {
        return Html::all(
            Parts::heading(__('Where they lie', 'datamachine-connections')),
            self::facts($anchor),
            Parts::text(Parts::link(
                admin_url('site-health.php'),
                __('Site Health tells how good that is, and what would be better.', 'datamachine-connections')
            ))
        );
    }

    public static function facts(Anchor $anchor): Html
    {
        return Parts::facts(__('Where they lie', 'datamachine-connections'), [
            __('Store', 'datamachine-connections') => Html::tag('code', [], $anchor->store()),
            __('Key', 'datamachine-connections') => self::keys($anchor),
            __('Server', 'datamachine-connections') => $anchor->host,
            __('Site', 'datamachine-connections') => $anchor->site,
            __('Moved there', 'datamachine-connections') => Words::time($anchor->migratedAt),
            __('Store’s id', 'datamachine-connections') => Html::tag('code', [], $anchor->storeId),
        ]);
    }

    /**
     * Where the key is, in words; where it is not, where it was.
     */
    public static function key(Anchor $anchor): string
    {
        $file = $anchor->keyFile();
        $now = KeySource::look($file);
        return $now->isThere() ? self::source($now) : self::named($anchor->key, $file);
    }

    /** That, and where the store last opened with another one. */
    private static function keys(Anchor $anchor): Html
    {
        $now = self::key($anchor);
        $was = self::named($anchor->key, $anchor->keyFile());
        /* translators: %s: where the key was. */
        $text = __('when it last opened, it was %s', 'datamachine-connections');
        return $now === $was ? Html::all($now) : Html::all($now, Html::tag('br'), sprintf($text, $was));
    }

    public static function source(KeySource $key): string
    {
        return self::named($key->kind, $key->file);
    }

    private static function named(string $kind, ?string $file): string
    {
        return match ($kind) {
            /* translators: %s: a constant's name. */
            KeySource::CONSTANT => sprintf(__('the constant %s of wp-config.php', 'datamachine-connections'), KeySource::NAME),
            /* translators: %s: an environment variable's name. */
            KeySource::ENVIRONMENT => sprintf(__('the environment variable %s', 'datamachine-connections'), KeySource::NAME),
            /* translators: %s: a file. */
            default => sprintf(__('the file %s', 'datamachine-connections'), (string) $file),
        };
    }
}
