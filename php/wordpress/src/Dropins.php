<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Guard;
use DataMachine\Connections\Native\Release;

/**
 * Whether our classes stand in for Data Machine's, and why not. All of them or none: a child of Data Machine's own on a
 * parent of ours is what nobody has tried. Where they do not, its own classes work through the window.
 *
 * They are required at once, before anybody asks for them: Composer's autoloader puts itself before ours, and would
 * find Data Machine's.
 */
final class Dropins
{
    public const STANDING = 'standing';
    public const NOT_ACTIVE = 'not_active';
    public const LOADED = 'loaded_already';
    public const REFUSED = 'refused';

    /** Our class files, and the files with their other members. */
    private const CLASSES = [
        'BaseAuthProvider' => ['StoredAccounts'],
        'BaseOAuth1Provider' => ['BaseAuthProvider', 'StoredAccounts'],
        'BaseOAuth2Provider' => ['BaseAuthProvider', 'StoredAccounts', 'AuthorizationFlow'],
        'HttpBasicAuthProvider' => ['BaseAuthProvider', 'StoredAccounts'],
    ];
    /** Where Data Machine has its own. */
    private const THEIRS = 'inc/Core/OAuth';

    /**
     * @param string       $what    one of the names above
     * @param list<string> $reasons for a person; of `refused`, what ours lack
     */
    private function __construct(public readonly string $what, public readonly array $reasons = [])
    {
    }

    /**
     * Lets ours stand in, where that may be.
     */
    public static function load(Anchor $anchor): self
    {
        foreach (array_keys(self::CLASSES) as $class) {
            if (class_exists("DataMachine\\Core\\OAuth\\{$class}", false)) {
                return new self(self::LOADED, ["DataMachine\\Core\\OAuth\\{$class}"]);
            }
        }
        $directory = self::dataMachine();
        if ($directory === null) {
            return new self(self::NOT_ACTIVE);
        }
        $pairs = self::pairs($directory);
        if ($pairs === []) {
            return new self(self::REFUSED, ["{$directory}/" . self::THEIRS]);
        }
        $missing = self::asked($anchor, $pairs);
        if ($missing !== []) {
            return new self(self::REFUSED, $missing);
        }
        foreach (array_keys($pairs) as $class) {
            require_once self::ours($class);
        }
        return new self(self::STANDING);
    }

    public function stand(): bool
    {
        return $this->what === self::STANDING;
    }

    /**
     * Data Machine's directory, where it is active; it need not be loaded yet.
     */
    public static function dataMachine(): ?string
    {
        if (defined('DATAMACHINE_PATH') && is_string(constant('DATAMACHINE_PATH'))) {
            return rtrim(constant('DATAMACHINE_PATH'), '/');
        }
        $active = (array) get_option('active_plugins', []);
        if (is_multisite()) {
            $active = array_merge(array_keys((array) get_site_option('active_sitewide_plugins', [])), $active);
        }
        foreach ($active as $file) {
            if (is_string($file) && basename($file) === 'data-machine.php') {
                return WP_PLUGIN_DIR . '/' . dirname($file);
            }
        }
        return null;
    }

    /**
     * What the guard says, without which nothing stands in. Its answer is kept in the anchor, by what names the files
     * as they are now: reading them all would cost each request more than all else.
     *
     * @param array<string, string> $pairs
     *
     * @return list<string>
     */
    private static function asked(Anchor $anchor, array $pairs): array
    {
        $key = self::key($pairs);
        $kept = $anchor->guard;
        if (($kept['key'] ?? null) === $key && is_array($kept['missing'] ?? null)) {
            return array_values(array_filter($kept['missing'], is_string(...)));
        }
        $missing = [];
        foreach ($pairs as $class => $theirs) {
            $parts = array_map(self::ours(...), self::CLASSES[$class]);
            $verdict = (new Guard())->compare($theirs, self::ours($class), $parts);
            foreach ($verdict->missing as $one) {
                $missing[] = $one->text();
            }
        }
        $anchor->replace($anchor->with(guard: ['key' => $key, 'missing' => $missing]));
        return $missing;
    }

    /**
     * @param array<string, string> $pairs
     */
    private static function key(array $pairs): string
    {
        $key = Release::VERSION . ' ' . PHP_VERSION_ID;
        // Of ours the directory: an update makes it anew, or puts other files into it.
        foreach ([...$pairs, dirname(self::ours('Guard'))] as $file) {
            // When a file was last changed (ctime) is what nobody can set back.
            $key .= " {$file} " . implode(' ', [@filectime($file), @fileinode($file), @filesize($file)]);
        }
        return hash('xxh128', $key);
    }

    /**
     * Data Machine's class files, as far as it has them, by our names.
     *
     * @return array<string, string>
     */
    private static function pairs(string $directory): array
    {
        $pairs = [];
        foreach (array_keys(self::CLASSES) as $class) {
            $theirs = "{$directory}/" . self::THEIRS . "/{$class}.php";
            if (is_file($theirs)) {
                $pairs[$class] = $theirs;
            }
        }
        return isset($pairs['BaseAuthProvider']) ? $pairs : [];
    }

    private static function ours(string $class): string
    {
        return dirname(__DIR__, 2) . "/dropin/{$class}.php";
    }
}
