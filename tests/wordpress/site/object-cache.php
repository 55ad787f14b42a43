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

    public function has(string $key, string $group, bool $force = false): bool
    {
        $file = $this->file($key, $group);
        if ($force && !isset($this->forThisRequest[$group])) {
            unset($this->known[$file]);
        }
        if (array_key_exists($file, $this->known)) {
            return true;
        }
        $stored = @file_get_contents($file);
        $stored = $stored === false ? null : unserialize(substr($stored, (int) strpos($stored, "\n") + 1));
        if ($stored === null || ($stored['until'] !== 0 && $stored['until'] < time())) {
            return false;
        }
        $this->known[$file] = $stored['value'];
        return true;
    }

    public function get(string $key, string $group, bool $force = false): mixed
    {
        $value = $this->has($key, $group, $force) ? $this->known[$this->file($key, $group)] : false;
        return is_object($value) ? clone $value : $value;
    }

    public function set(string $key, mixed $value, string $group, int $seconds = 0): bool
    {
        $file = $this->file($key, $group);
        $this->known[$file] = is_object($value) ? clone $value : $value;
        $kept = isset($this->forThisRequest[$group]);
        return $kept || rename($this->prepare($file, "{$group}:{$key}", $seconds), $file);
    }

    /** Of several that add it now, one does: what has run out may stand there still, so the file alone does not tell. */
    public function add(string $key, mixed $value, string $group, int $seconds): bool
    {
        if (isset($this->forThisRequest[$group])) {
            return !$this->has($key, $group) && $this->set($key, $value, $group);
        }
        $adding = fopen(DM_TESTS_CACHE . '.adding', 'c');
        flock($adding, LOCK_EX);
        $added = !$this->has($key, $group) && $this->set($key, $value, $group, $seconds);
        fclose($adding);
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
        $value = $this->get($key, $group, true);
        $value = max(0, (is_numeric($value) ? (int) $value : 0) + $offset);
        return $this->has($key, $group) && $this->set($key, $value, $group) ? $value : false;
    }

    public function flush(): bool
    {
        $this->known = [];
        foreach (glob(DM_TESTS_CACHE . '/*/*') ?: [] as $file) {
            @unlink($file);
        }
        return true;
    }

    /** Another file with what is known now, to take that one's place. */
    private function prepare(string $file, string $name, int $seconds): string
    {
        if (!is_dir(dirname($file))) {
            @mkdir(dirname($file), 0700, true);
        }
        $until = $seconds === 0 ? 0 : time() + $seconds;
        $new = $file . '.' . bin2hex(random_bytes(8));
        file_put_contents($new, "{$name}\n" . serialize(['value' => $this->known[$file], 'until' => $until]));
        return $new;
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
    return $GLOBALS['wp_object_cache']->add((string) $key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_replace(int|string $key, mixed $data, ?string $group = '', int|string $expire = 0): bool
{
    $cache = $GLOBALS['wp_object_cache'];
    return $cache->has((string) $key, $group ?: 'default') && wp_cache_set($key, $data, $group, $expire);
}

function wp_cache_set(int|string $key, mixed $data, ?string $group = '', int|string $expire = 0): bool
{
    return $GLOBALS['wp_object_cache']->set((string) $key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_get(int|string $key, ?string $group = '', bool $force = false, mixed &$found = null): mixed
{
    $cache = $GLOBALS['wp_object_cache'];
    $found = $cache->has((string) $key, $group ?: 'default', $force);
    return $cache->get((string) $key, $group ?: 'default');
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
