<?php

/**
 * A persistent object cache: files that all workers share, and what this request has read or written so far.
 */

declare(strict_types=1);

// phpcs:disable PSR1.Classes.ClassDeclaration, PSR1.Files.SideEffects, Squiz.Classes.ValidClassName
// phpcs:disable PSR1.Methods.CamelCapsMethodName

final class WP_Object_Cache
{
    /** @var array<string, mixed> by file */
    private array $known = [];
    /** @var array<string, true> */
    private array $global = [];
    /** @var array<string, true> */
    private array $forThisRequest = [];
    private int $blog;

    public function __construct()
    {
        $this->blog = is_multisite() ? get_current_blog_id() : 0;
    }

    /**
     * @param list<string> $groups the same for all blogs
     */
    public function add_global_groups(array $groups): void
    {
        $this->global += array_fill_keys($groups, true);
    }

    /**
     * @param list<string> $groups
     */
    public function add_non_persistent_groups(array $groups): void
    {
        $this->forThisRequest += array_fill_keys($groups, true);
    }

    public function switch_to_blog(int $blog): void
    {
        $this->blog = is_multisite() ? $blog : 0;
    }

    public function get(string $key, string $group, bool $force, mixed &$found): mixed
    {
        $file = $this->file($key, $group);
        if ($force && !isset($this->forThisRequest[$group])) {
            unset($this->known[$file]);
        }
        if (!array_key_exists($file, $this->known)) {
            $stored = @file_get_contents($file);
            $stored = $stored === false ? null : unserialize(substr($stored, (int) strpos($stored, "\n") + 1));
            if ($stored === null || ($stored['until'] !== 0 && $stored['until'] < time())) {
                $found = false;
                return false;
            }
            $this->known[$file] = $stored['value'];
        }
        $found = true;
        $value = $this->known[$file];
        return is_object($value) ? clone $value : $value;
    }

    /**
     * @param bool|null $there whether there has to be one already; null where that is all the same
     */
    public function put(string $key, mixed $value, string $group, int $seconds, ?bool $there = null): bool
    {
        $value = is_object($value) ? clone $value : $value;
        $file = $this->file($key, $group);
        $this->get($key, $group, false, $found);
        if ($there !== null && $there !== $found) {
            return false;
        }
        $this->known[$file] = $value;
        if (isset($this->forThisRequest[$group])) {
            return true;
        }
        if (!is_dir(dirname($file))) {
            @mkdir(dirname($file), 0700, true);
        }
        $stored = serialize(['value' => $value, 'until' => $seconds === 0 ? 0 : time() + $seconds]);
        $new = $file . '.' . bin2hex(random_bytes(8));
        file_put_contents($new, "{$group}:{$key}\n{$stored}");
        if ($there !== false) {
            return rename($new, $file);
        }
        // One of several that add it at once; what has run out is in nobody's way.
        if (is_file($file) && !$found) {
            @unlink($file);
        }
        $added = @link($new, $file);
        unlink($new);
        return $added;
    }

    public function delete(string $key, string $group): bool
    {
        $file = $this->file($key, $group);
        $known = array_key_exists($file, $this->known);
        unset($this->known[$file]);
        return @unlink($file) || $known;
    }

    public function add_to(string $key, int $offset, string $group): int|false
    {
        $value = $this->get($key, $group, true, $found);
        $value = max(0, (is_numeric($value) ? (int) $value : 0) + $offset);
        return $found && $this->put($key, $value, $group, 0) ? $value : false;
    }

    public function flush(): bool
    {
        $this->known = [];
        foreach (glob(DM_TESTS_CACHE . '/*/*') ?: [] as $file) {
            @unlink($file);
        }
        return true;
    }

    private function file(string $key, string $group): string
    {
        $blog = isset($this->global[$group]) ? 'all' : (string) $this->blog;
        return DM_TESTS_CACHE . '/' . rawurlencode($group) . '/' . hash('xxh128', "{$blog}:{$key}");
    }
}

function wp_cache_init(): void
{
    $GLOBALS['wp_object_cache'] = new WP_Object_Cache();
}

function wp_cache_add(int|string $key, mixed $data, ?string $group = '', int|string $expire = 0): bool
{
    if (wp_suspend_cache_addition()) {
        return false;
    }
    return $GLOBALS['wp_object_cache']->put((string) $key, $data, $group ?: 'default', (int) $expire, false);
}

function wp_cache_replace(int|string $key, mixed $data, ?string $group = '', int|string $expire = 0): bool
{
    return $GLOBALS['wp_object_cache']->put((string) $key, $data, $group ?: 'default', (int) $expire, true);
}

function wp_cache_set(int|string $key, mixed $data, ?string $group = '', int|string $expire = 0): bool
{
    return $GLOBALS['wp_object_cache']->put((string) $key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_get(int|string $key, ?string $group = '', bool $force = false, mixed &$found = null): mixed
{
    return $GLOBALS['wp_object_cache']->get((string) $key, $group ?: 'default', $force, $found);
}

function wp_cache_delete(int|string $key, ?string $group = ''): bool
{
    return $GLOBALS['wp_object_cache']->delete((string) $key, $group ?: 'default');
}

function wp_cache_incr(int|string $key, int $offset = 1, ?string $group = ''): int|false
{
    return $GLOBALS['wp_object_cache']->add_to((string) $key, $offset, $group ?: 'default');
}

function wp_cache_decr(int|string $key, int $offset = 1, ?string $group = ''): int|false
{
    return $GLOBALS['wp_object_cache']->add_to((string) $key, -$offset, $group ?: 'default');
}

function wp_cache_flush(): bool
{
    return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_close(): bool
{
    return true;
}

/**
 * @param string|list<string> $groups
 */
function wp_cache_add_global_groups(string|array $groups): void
{
    $GLOBALS['wp_object_cache']->add_global_groups((array) $groups);
}

/**
 * @param string|list<string> $groups
 */
function wp_cache_add_non_persistent_groups(string|array $groups): void
{
    $GLOBALS['wp_object_cache']->add_non_persistent_groups((array) $groups);
}

function wp_cache_switch_to_blog(int|string $blog): void
{
    $GLOBALS['wp_object_cache']->switch_to_blog((int) $blog);
}
