<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\SiteHealth;

use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Release;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Dropins;
use DataMachine\Connections\WordPress\Host;
use DataMachine\Connections\WordPress\KeySource;
use DataMachine\Connections\WordPress\Migration\Progress;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\Requirements;
use DataMachine\Connections\WordPress\SiteIdentity;
use DataMachine\Connections\WordPress\Store;

/**
 * What who helps has to know: no account, no name, no secret. Where something lies is left out of what is copied.
 *
 * @internal
 */
final class DebugInformation
{
    /**
     * For the filter.
     *
     * @param array<string, mixed> $information
     *
     * @return array<string, mixed>
     */
    public static function add(array $information): array
    {
        $fields = [];
        Plugin::attempt(static function () use (&$fields): void {
            $state = Plugin::state();
            $fields = self::general();
            $anchor = $state->anchor();
            $fields += $anchor === null ? [] : self::anchored($anchor);
            $fields += $state->store() === null ? [] : self::stored($state->store());
        });
        $information['datamachine-connections'] = [
            'label' => __('Data Machine Connections', 'datamachine-connections'),
            'fields' => $fields,
        ];
        return $information;
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private static function general(): array
    {
        $state = Plugin::state();
        $problem = $state->problem() ?? Requirements::ofPhp();
        $progress = Progress::read();
        $theirs = Dropins::dataMachine();
        return [
            'version' => self::field(__('Version', 'datamachine-connections'), Release::VERSION),
            'state' => self::field(__('State', 'datamachine-connections'), $state->name()),
            'problem' => self::field(__('Problem', 'datamachine-connections'), $problem->code ?? 'none'),
            'migration' => self::field(__('Migration', 'datamachine-connections'), $progress === null
                ? 'none'
                : "{$progress->phase}, {$progress->done}, " . gmdate('c', $progress->at)),
            'ffi' => self::field('ffi.enable', extension_loaded('ffi') ? (string) ini_get('ffi.enable') : 'no FFI'),
            'preload' => self::field('opcache.preload', (string) ini_get('opcache.preload'), true),
            'library' => self::field(__('Library', 'datamachine-connections'), implode(', ', array_filter(
                Library::places(),
                // Silenced: open_basedir may hide it.
                static fn (string $place): bool => @is_file($place)
            )), true),
            'data_machine' => self::field('Data Machine', match (true) {
                $theirs === null => 'not active',
                defined('DATAMACHINE_VERSION') => (string) constant('DATAMACHINE_VERSION'),
                default => 'active',
            }),
            'classes' => self::field(__('Classes', 'datamachine-connections'), self::classes()),
        ];
    }

    private static function classes(): string
    {
        $dropins = Plugin::dropins();
        return $dropins === null ? 'not asked' : implode('; ', [$dropins->what, ...$dropins->reasons]);
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private static function anchored(Anchor $anchor): array
    {
        $path = $anchor->store();
        $host = Host::now($path);
        return [
            'store_id' => self::field(__('Store’s id', 'datamachine-connections'), $anchor->storeId),
            'engine' => self::field(__('Engine', 'datamachine-connections'), $anchor->engine),
            'mode' => self::field(__('Mode', 'datamachine-connections'), $anchor->mode->value),
            'key' => self::field(
                __('Key', 'datamachine-connections'),
                KeySource::look($anchor->keyFile())->kind . " (was: {$anchor->key})"
            ),
            'migrated' => self::field(
                __('Moved there', 'datamachine-connections'),
                $anchor->migratedAt === null ? '' : gmdate('c', $anchor->migratedAt)
            ),
            'path' => self::field(__('Store', 'datamachine-connections'), $path, true),
            'host' => self::field(
                __('Server', 'datamachine-connections'),
                "{$host->name} (was: {$anchor->host}), inode {$host->inode} (was: {$anchor->inode})",
                true
            ),
            'site' => self::field(
                __('Site', 'datamachine-connections'),
                SiteIdentity::current() . " (was: {$anchor->site})",
                true
            ),
        ];
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private static function stored(Store $store): array
    {
        $problem = $store->problem();
        if ($problem !== null) {
            return ['store' => self::field(__('Opens', 'datamachine-connections'), "no: {$problem->code}")];
        }
        $info = $store->vault()->info();
        return [
            'store' => self::field(__('Opens', 'datamachine-connections'), $info->clone ? 'yes, as a copy' : 'yes'),
            'library_version' => self::field(__('Library’s version', 'datamachine-connections'), $info->version),
            'schema' => self::field(__('Schema', 'datamachine-connections'), $info->schema),
            'connections' => self::field(__('Accounts', 'datamachine-connections'), $info->connections),
            'configs' => self::field(__('App configurations', 'datamachine-connections'), $info->configs),
            'kept' => self::field(__('Kept as it was', 'datamachine-connections'), $info->kept),
            'writes' => self::field(__('Writes', 'datamachine-connections'), $info->writes),
            'keys' => self::field(__('Keys', 'datamachine-connections'), count($info->keys)),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function field(string $label, string|int $value, bool $private = false): array
    {
        return ['label' => $label, 'value' => $value === '' ? '–' : $value, 'private' => $private];
    }
}
