<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\KeySource;
use DataMachine\Connections\WordPress\Migration\Migration;
use DataMachine\Connections\WordPress\Migration\Progress;
use DataMachine\Connections\WordPress\Place;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\Requirements;
use DataMachine\Connections\WordPress\SiteHealth\Looks;

/**
 * The page before a migration: what is missing, where everything would lie, what would be moved; and while it moves.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class InertView
{
    /**
     * @param bool $failed whether the last step did: then nothing goes on by itself
     */
    public static function show(?Problem $problem, bool $failed): Html
    {
        $progress = Progress::read();
        if ($progress?->phase === Progress::RUNNING) {
            return RunningView::show($progress, $failed);
        }
        $place = Progress::place();
        $missing = $problem === null ? Requirements::missing() : [$problem];
        return Html::all(
            self::introduction($progress),
            $missing === [] ? Html::all() : self::missing($missing),
            self::where($place, $progress?->phase === Progress::ROLLED_BACK),
            Migration::isForgotten() ? self::found($missing === []) : Html::all(),
            match (true) {
                $missing !== [] => Html::all(),
                $progress?->phase === Progress::PREPARED => self::prepared($progress),
                default => self::look($progress),
            }
        );
    }

    private static function introduction(?Progress $progress): Html
    {
        $before = Parts::text(
            __('The accounts that Data Machine is connected to, with their secrets, are in one option of WordPress\'s database. This plugin can move them into a store of its own: encrypted, one row each.', 'datamachine-connections')
        );
        if ($progress?->phase !== Progress::ROLLED_BACK) {
            $now = __('Nothing has been moved, and the site runs as before.', 'datamachine-connections');
            return Html::all($before, Parts::text($now));
        }
        /* translators: 1: a time, 2: a directory. */
        $text = __('On %1$s the connections were given back to Data Machine\'s option. The store of before is still in %2$s and is not used; deleting the plugin deletes it, and moving the connections again brings it up to date.', 'datamachine-connections');
        $text = sprintf($text, Words::time($progress->at), $progress->anchor->path);
        return Html::all($before, Parts::notice('info', $text));
    }

    /**
     * @param list<Problem> $missing
     */
    private static function missing(array $missing): Html
    {
        return Html::all(
            Parts::heading(__('What is missing', 'datamachine-connections')),
            ...array_map(static fn (Problem $one): Html => Parts::problem($one, 'warning'), $missing),
            ...[Parts::text(__('Until that is there, nothing can be moved, and nothing else is changed by this plugin.', 'datamachine-connections'))]
        );
    }

    /**
     * @param bool $used whether there is something in the store
     */
    private static function where(Place $place, bool $used): Html
    {
        $key = KeySource::look($place->keyFile());
        $looks = [Looks::place($place), Looks::key($key, $used)];
        return Html::all(
            Parts::heading(__('Where the connections will lie', 'datamachine-connections')),
            Parts::facts(__('Where the connections will lie', 'datamachine-connections'), [
                __('Store', 'datamachine-connections') => Html::all(
                    Html::tag('code', [], $place->store()),
                    ...$looks[0]->html()
                ),
                __('Key', 'datamachine-connections') => Html::all(
                    Html::tag('code', [], $key->kind === KeySource::FILE ? $place->keyFile() : KeySource::NAME),
                    ...$looks[1]->html()
                ),
            ])
        );
    }

    /** The database knows nothing of a store that is there. */
    private static function found(bool $offer): Html
    {
        $text = __('There is a store already, with connections of which this database knows nothing: was a backup of the database put back that is from before the move? Then what the option holds is older: tokens that were renewed since are dead in it. Moving again makes the store what the option says.', 'datamachine-connections');
        $means = __('The button puts the store in charge as it is. What was connected since, and is only in the option, is taken over from there; the option is emptied.', 'datamachine-connections');
        return Html::all(
            Parts::notice('warning', $text),
            $offer ? Parts::text($means) : Html::all(),
            $offer ? Parts::form('resume', __('Go on with the store as it is', 'datamachine-connections')) : Html::all(),
        );
    }

    private static function look(?Progress $progress): Html
    {
        $again = $progress?->phase === Progress::ROLLED_BACK;
        return Html::all(
            Parts::heading(__('First step: look', 'datamachine-connections')),
            Parts::text($again
                ? __('The button compares Data Machine\'s option with the store that is there. Nothing is moved yet.', 'datamachine-connections')
                : __('The button makes the directory, the key and an empty store there, and shows what would be moved. Data Machine\'s option is only read, and the site runs on as before.', 'datamachine-connections')),
            Parts::form('prepare', __('Show what would be moved', 'datamachine-connections'), class: 'primary')
        );
    }

    private static function prepared(Progress $progress): Html
    {
        $place = Place::propose();
        $key = KeySource::look($place->keyFile());
        $made = $progress->anchor;
        if ($place->store() !== $made->path || $key->kind !== $made->key) {
            return self::elsewhere($place, $key);
        }
        $report = Migration::prepare()->look();
        return Html::all(
            Parts::heading(__('What would be moved', 'datamachine-connections')),
            DryRunView::show($report),
            Parts::heading(__('Second step: move', 'datamachine-connections')),
            Parts::text(__('When you press the button, this happens:', 'datamachine-connections')),
            Parts::list([
                __('The accounts are copied into the store, some hundred at a time. Data Machine goes on with its option meanwhile. Closing the page, a time limit or a crash does no harm: it goes on where it was.', 'datamachine-connections'),
                __('What was changed in the meantime is copied as well, and every account is read back and compared. If anything differs, it stops here and nothing has changed.', 'datamachine-connections'),
                __('The store takes over, and the option is emptied: no secret stays in the database. Plugins that read or write the option go on working.', 'datamachine-connections'),
            ], true),
            Parts::text(__('Make a backup of the database first, as before every larger change. You can roll back at any time: then all accounts go back into the option as they are by then.', 'datamachine-connections')),
            Parts::form('migrate', __('Move the connections', 'datamachine-connections'), class: 'primary')
        );
    }

    private static function elsewhere(Place $place, KeySource $key): Html
    {
        /* translators: 1: a directory, 2: where the key is. */
        $text = __('The empty store was made before the place or the key was changed. By now the store would lie in %1$s, and its key be %2$s.', 'datamachine-connections');
        return Html::all(
            Parts::notice('warning', sprintf($text, $place->store(), PlaceSection::source($key))),
            Parts::form('elsewhere', __('Make it anew there, and delete the empty one', 'datamachine-connections'), class: 'primary')
        );
    }
}
