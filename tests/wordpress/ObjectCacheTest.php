<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * That the object cache of these tests is one, and what a site with one sees of its database.
 */
final class ObjectCacheTest extends SiteTestCase
{
    public function testItOutlivesARequestAndIsSharedByWorkers(): void
    {
        $site = self::site(objectCache: true);
        self::assertTrue($site->evaluate('return (bool) wp_using_ext_object_cache();'));
        $site->evaluate('return wp_cache_set("shape", ["round"], "tests");');
        $site->reload();
        $read = 'return [wp_cache_get("shape", "tests"), getmypid()];';
        foreach ($site->evaluateMany(4, $read) as [$value]) {
            self::assertSame(['round'], $value);
        }
        $code = 'wp_cache_set("count", 1, "tests"); wp_cache_set("gone", 1, "tests"); wp_cache_delete("gone", "tests");
            wp_cache_add_non_persistent_groups(["here"]); wp_cache_set("shape", "square", "here");
            return [wp_cache_add("count", 9, "tests"), wp_cache_incr("count", 2, "tests"),
                wp_cache_add("new", 1, "tests"), wp_cache_get("gone", "tests", false, $found), $found,
                wp_cache_get("shape", "here")];';
        self::assertSame([false, 3, true, false, false, 'square'], $site->evaluate($code));
        $code = 'return [wp_cache_get("count", "tests"), wp_cache_get("shape", "here"), wp_cache_flush(),
            wp_cache_get("count", "tests")];';
        self::assertSame([3, false, true, false], $site->evaluate($code));
    }

    /**
     * @testWith ["single"]
     *           ["network"]
     */
    public function testItKeepsWhatTheDatabaseHasNoMore(string $kind): void
    {
        $site = self::site(kind: Kind::from($kind), objectCache: true);
        self::assertSame(200, $site->get('/')->status);
        self::assertSame(200, $site->as('admin')->get('/wp-admin/')->status);
        $site->evaluate('return update_site_option("dm_harness", ["a" => "planted"]);');
        $site->evaluate('return get_site_option("dm_harness");');
        $site->setRow('dm_harness', serialize(['a' => 'behind its back']));
        $read = 'return get_site_option("dm_harness")["a"];';
        self::assertSame('planted', $site->evaluate($read));
        self::assertNotSame([], preg_grep('~^run/cache/~', $site->search('planted')) ?: []);
        // Through WordPress, all see it.
        $site->evaluate('return update_site_option("dm_harness", ["a" => "in front"]);');
        self::assertSame(['in front', 'in front'], $site->evaluateMany(2, $read));
        self::assertSame([], $site->search('planted'));
        $site->restart(objectCache: false);
        self::assertFalse($site->evaluate('return (bool) wp_using_ext_object_cache();'));
        self::assertSame([], preg_grep('~^run/cache/~', $site->search('in front')) ?: []);
    }

    public function testOneOfManyAdds(): void
    {
        $site = self::site(workers: 8, objectCache: true);
        $added = $site->evaluateMany(8, 'return wp_cache_add("lock", $arguments["number"], "tests");');
        self::assertCount(1, array_filter($added));
    }
}
