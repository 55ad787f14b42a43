<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\SiteHealth;

use DataMachine\Connections\Mode;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Dropins;
use DataMachine\Connections\WordPress\Heads;
use DataMachine\Connections\WordPress\KeySource;
use DataMachine\Connections\WordPress\Place;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\Requirements;
use DataMachine\Connections\WordPress\SiteIdentity;
use DataMachine\Connections\WordPress\Store;
use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Stub;

/**
 * What is looked at, each cheap: no document is opened, nothing asked over the network.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 */
final class Looks
{
    /** After so many seconds without the hourly work something is wrong with the site's cron. */
    private const HOURLY = 3 * HOUR_IN_SECONDS;

    /**
     * Whether PHP can reach the library.
     *
     * @param bool $migrated whether anything depends on it
     */
    public static function requirements(bool $migrated): Finding
    {
        $problem = $migrated ? Requirements::ofPhp() : Requirements::missing()[0] ?? null;
        if ($problem !== null) {
            $label = $migrated
                ? __('The connections cannot be reached', 'datamachine-connections')
                : __('The connections cannot be moved into their store yet', 'datamachine-connections');
            $status = $migrated ? Finding::CRITICAL : Finding::RECOMMENDED;
            return new Finding($status, $label, $problem->message(), $problem->lines());
        }
        if (strtolower((string) ini_get('ffi.enable')) !== 'preload') {
            return new Finding(
                Finding::RECOMMENDED,
                __('Every PHP file of the site may use FFI', 'datamachine-connections'),
                __('The connections work that way. It is safer to let only one preloaded file of this plugin use FFI, so that a flaw in another plugin does not reach as far: these lines belong into php.ini (or the pool\'s configuration); restart PHP then.', 'datamachine-connections'),
                (new Problem(Problem::FFI_FORBIDDEN))->lines()
            );
        }
        return new Finding(
            Finding::GOOD,
            __('PHP reaches the library of the connections', 'datamachine-connections'),
            __('FFI is there, and only what was preloaded may use it.', 'datamachine-connections')
        );
    }

    /**
     * Whether the store opens, and whose it is.
     */
    public static function store(Store $store): Finding
    {
        $problem = $store->problem();
        if ($problem !== null) {
            return Finding::problem($problem);
        }
        $info = $store->vault()->info();
        if ($info->clone) {
            /* translators: 1: the site that the store belongs to, 2: this site. */
            $text = __('They belong to %1$s, and this site is %2$s. They can be read; nothing is saved or deleted, and none is renewed or taken back here. If this site takes them over, say so on the Connections page; for a staging site that is as it should be.', 'datamachine-connections');
            return new Finding(
                Finding::RECOMMENDED,
                __('The connections are a copy of another site\'s', 'datamachine-connections'),
                sprintf($text, $info->site, SiteIdentity::current())
            );
        }
        if (Heads::putBack($store->vault()) !== null) {
            $problem = new Problem(Problem::PUT_BACK);
            $label = __('The store of the connections is an earlier one', 'datamachine-connections');
            return new Finding(Finding::CRITICAL, $label, $problem->message(), $problem->lines());
        }
        /* translators: 1: a number, 2: a number. */
        $text = __('It opens with its key. Accounts: %1$d, app configurations: %2$d.', 'datamachine-connections');
        return new Finding(
            Finding::GOOD,
            __('The store of the connections is there', 'datamachine-connections'),
            sprintf($text, $info->connections, $info->configs)
        );
    }

    /**
     * How good the place is.
     */
    public static function place(Place $place): Finding
    {
        foreach (Place::served() as $served) {
            if (str_starts_with("{$place->directory}/", rtrim($served, '/') . '/')) {
                return self::within($place, $served);
            }
        }
        return new Finding(
            Finding::GOOD,
            __('The store lies outside of what the web server serves', 'datamachine-connections'),
            /* translators: %s: a directory. */
            sprintf(__('Nobody can download it. Include %s in the backups of the server\'s files, the key elsewhere.', 'datamachine-connections'), $place->directory)
        );
    }

    private static function within(Place $place, string $served): Finding
    {
        $text = $place->kind === Place::CONTENT
            ? __('There is no other directory that PHP may write to. Its name cannot be guessed, what is in it is encrypted, and Apache, LiteSpeed and IIS refuse to serve it; nginx has to be told. It is better to make a directory that the web server does not serve, owned by the user that PHP runs as, and to name it in wp-config.php. If the store exists already, move the directory\'s content there first.', 'datamachine-connections')
            : __('wp-config.php names a directory within what the web server serves. Name one outside, and move the directory\'s content there first.', 'datamachine-connections');
        $better = dirname($served) . '/connections';
        return new Finding(
            $place->kind === Place::CONTENT ? Finding::RECOMMENDED : Finding::CRITICAL,
            __('The store lies within what the web server serves', 'datamachine-connections'),
            $text,
            [
                'sudo install -d -m 700 -o ' . Place::webUser() . ' ' . escapeshellarg($better),
                "define('" . Place::NAME . "', '" . addcslashes($better, "\\'") . "');",
            ]
        );
    }

    /**
     * How good the key's place is.
     *
     * @param bool $used whether something is sealed under it already
     */
    public static function key(KeySource $key, bool $used): Finding
    {
        if ($key->kind !== KeySource::FILE) {
            $label = $key->kind === KeySource::CONSTANT
                ? __('The key is in wp-config.php', 'datamachine-connections')
                : __('The key is in the server\'s environment', 'datamachine-connections');
            return new Finding(
                Finding::GOOD,
                $label,
                __('It is neither in the database nor beside the store, so that a copy of one of them opens nothing. Keep a copy of the key in a safe place: without it nobody can open the connections.', 'datamachine-connections')
            );
        }
        $why = __('Whoever gets a copy of all files has both, and a backup of both opens. It is better to have the key in wp-config.php, or in the server\'s environment.', 'datamachine-connections');
        return $used && $key->file !== null
            ? new Finding(
                Finding::RECOMMENDED,
                __('The key is in a file beside the store', 'datamachine-connections'),
                $why . ' ' . __('It has to be the same key: the first line prints it, and the second one belongs into wp-config.php, with what was printed in place of the dots. When the connections work with it, keep the key file somewhere else.', 'datamachine-connections'),
                [self::printsKey($key->file), "define('" . KeySource::NAME . "', '...');"]
            )
            : new Finding(
                Finding::RECOMMENDED,
                __('The key will be a file beside the store', 'datamachine-connections'),
                $why . ' ' . __('This line prints a new key as it belongs into wp-config.php.', 'datamachine-connections'),
                ["echo \"define('" . KeySource::NAME . "', '\$(openssl rand -base64 32)');\""]
            );
    }

    /** Whether the file has the bytes or their text, its size tells. */
    private static function printsKey(string $file): string
    {
        return (@filesize($file) === 32 ? 'sudo base64 -w0 ' : 'sudo cat ') . escapeshellarg($file);
    }

    public static function mode(Mode $mode): Finding
    {
        return $mode === Mode::Enforce
            ? new Finding(
                Finding::GOOD,
                __('Agents use only the accounts that were granted to them', 'datamachine-connections'),
                __('What has no grant is refused, and listed on the Connections page.', 'datamachine-connections')
            )
            : new Finding(
                Finding::RECOMMENDED,
                __('Agents may use every account', 'datamachine-connections'),
                __('What they have no grant for is only written down, as it should be for the first days. The Connections page lists it; when the list stays empty, enforce there.', 'datamachine-connections')
            );
    }

    /**
     * Whether secrets lie in the database again.
     */
    public static function option(OptionRow $row): Finding
    {
        $raw = $row->raw();
        $option = $raw === null ? [] : @unserialize($raw, ['allowed_classes' => false]);
        if ($option === [] || Stub::is($option)) {
            return new Finding(
                Finding::GOOD,
                __('No account is in the database\'s option', 'datamachine-connections'),
                __('Data Machine\'s option is served from the store; its row is an empty place.', 'datamachine-connections')
            );
        }
        return new Finding(
            Finding::RECOMMENDED,
            __('Something was saved into the database past the store', 'datamachine-connections'),
            __('A request may have been under way when the connections were moved, or Data Machine ran without this plugin for a time. Open the Connections page: it takes that over, and empties the option.', 'datamachine-connections')
        );
    }

    /**
     * Whether our classes stand in for Data Machine's.
     */
    public static function classes(?Dropins $dropins): Finding
    {
        $standing = __('Providers of Data Machine read and write single accounts', 'datamachine-connections');
        return match ($dropins?->what) {
            Dropins::STANDING => new Finding(
                Finding::GOOD,
                $standing,
                __('The plugin\'s classes stand in for Data Machine\'s own.', 'datamachine-connections')
            ),
            Dropins::NOT_ACTIVE, null => new Finding(
                Finding::GOOD,
                __('Data Machine is not active', 'datamachine-connections'),
                __('The connections wait for it.', 'datamachine-connections')
            ),
            Dropins::LOADED => new Finding(
                Finding::RECOMMENDED,
                __('Providers of Data Machine work through the option', 'datamachine-connections'),
                /* translators: %s: names of PHP classes. */
                sprintf(__('Everything works, slower. Data Machine\'s classes were loaded before this plugin\'s could stand in for them: %s. A must-use plugin or opcache.preload may be why.', 'datamachine-connections'), implode(', ', $dropins->reasons))
            ),
            default => new Finding(
                Finding::RECOMMENDED,
                __('Providers of Data Machine work through the option', 'datamachine-connections'),
                __('Everything works, slower. This version of Data Machine has what the plugin\'s classes lack, so its own classes are used. An update of this plugin may change that. What is lacking:', 'datamachine-connections'),
                $dropins->reasons
            ),
        };
    }

    /**
     * Whether the hourly work is done: else nothing shows that the whole store was put back, and tokens run out.
     */
    public static function hourly(Anchor $anchor): Finding
    {
        $heads = Heads::all();
        $last = end($heads);
        $at = $last === false ? (int) $anchor->migratedAt : $last->at;
        if (time() - $at <= self::HOURLY) {
            return new Finding(
                Finding::GOOD,
                __('The hourly work on the connections is done', 'datamachine-connections'),
                __('Tokens are renewed in time, and where the record of what happened had come to is kept outside of the store.', 'datamachine-connections')
            );
        }
        return new Finding(
            Finding::RECOMMENDED,
            __('The hourly work on the connections is not done', 'datamachine-connections'),
            __('Tokens may run out unnoticed. WordPress\'s scheduled events do not run, or run as a user who may not open the store. This line in the crontab of the web server\'s user runs them:', 'datamachine-connections'),
            ['*/15 * * * * cd ' . escapeshellarg(rtrim(ABSPATH, '/')) . ' && php wp-cron.php >/dev/null']
        );
    }
}
