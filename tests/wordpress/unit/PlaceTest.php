<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress\Unit;

use DataMachine\Connections\WordPress\Place;
use DataMachine\Connections\WordPress\Problem;
use PHPUnit\Framework\TestCase;

/**
 * Where a store would lie: outside of what is served, or else where nobody guesses it.
 */
final class PlaceTest extends TestCase
{
    private string $home = '';

    public static function setUpBeforeClass(): void
    {
        require_once __DIR__ . '/stubs.php';
    }

    protected function setUp(): void
    {
        $this->home = sys_get_temp_dir() . '/dm-place-' . bin2hex(random_bytes(6));
        mkdir($this->home, 0755);
    }

    protected function tearDown(): void
    {
        exec('rm -rf ' . escapeshellarg($this->home));
    }

    public function testBesideTheDocumentRoot(): void
    {
        $root = $this->make('site/docroot');
        $this->make('site/docroot/wp-content');
        $place = $this->choose($root);
        self::assertSame(Place::OUTSIDE, $place->kind);
        self::assertSame("{$this->home}/site", dirname($place->directory));
        self::assertEquals($place, $this->choose($root), 'The same each time.');
        self::assertNotEquals($place->directory, $this->choose($root, '2')->directory, 'Not the other network\'s.');
        self::assertSame("{$place->directory}/store", $place->store());
        self::assertSame("{$place->directory}/key/primary.key", $place->keyFile());
    }

    /**
     * @return array<string, array{string, string}>
     */
    public static function served(): array
    {
        return [
            'by its name' => ['public_html/addon.example', ''],
            'by its name, in capitals' => ['WWW/example', ''],
            'by an index' => ['sites/example', 'sites/index.php'],
            'by a page' => ['sites/example', 'sites/index.html'],
            'by rules for Apache' => ['sites/example', 'sites/.htaccess'],
            'by a WordPress around it' => ['sites/example', 'sites/wp-load.php'],
        ];
    }

    /**
     * @dataProvider served
     */
    public function testNotWhereAnotherSiteServesIt(string $root, string $sign): void
    {
        $root = $this->make($root);
        if ($sign !== '') {
            file_put_contents("{$this->home}/{$sign}", '');
        }
        self::assertSame($this->home, dirname($this->choose($root)->directory));
    }

    public function testNotWhereAnybodyOrNobodyMayWrite(): void
    {
        $root = $this->make('open/site');
        chmod("{$this->home}/open", 01777);
        self::assertSame($this->home, dirname($this->choose($root)->directory));
        foreach (['open', ''] as $closed) {
            chmod("{$this->home}/{$closed}", 01777);
        }
        $place = $this->choose($root);
        self::assertSame(Place::CONTENT, $place->kind);
        self::assertSame(1, preg_match('~/site/wp-content/datamachine-connections-[0-9a-f]{32}$~D', $place->directory));
        self::assertEquals($place, $this->choose($root), 'The same each time.');
        self::assertNotEquals($place, $this->choose($root, secret: 'another'), 'Not to be guessed.');
        self::assertSame(Place::CONTENT, Place::at($place->directory)->kind);
    }

    public function testWhatIsServedIsWhatIsInNothingElse(): void
    {
        $root = $this->make('docroot');
        $core = $this->make('docroot/wp');
        $content = $this->make('docroot/content');
        $other = $this->make('core');
        self::assertSame([$root], Place::outermost([$content, "{$core}/", $root]));
        self::assertSame([$content, $other], Place::outermost([$content, $other, '']));
        symlink($root, "{$this->home}/link");
        self::assertSame([$root], Place::outermost(["{$this->home}/link/content", $root]));
        // A directory that begins alike is another one.
        $alike = $this->make('docroot-2');
        self::assertSame([$root, $alike], Place::outermost([$root, $alike]));
        self::assertSame([], Place::outermost(['/', '']));
    }

    public function testAboveWhatIsServedIsNotWithinAnotherOfIt(): void
    {
        $root = $this->make('a/b/docroot');
        $around = "{$this->home}/a";
        $place = Place::choose(Place::outermost([$root, $around]), "{$root}/wp-content", '1', 'salt');
        self::assertSame($this->home, dirname($place->directory));
    }

    public function testItIsMadeAndRefusesToBeServed(): void
    {
        $place = new Place("{$this->home}/datamachine-connections-" . str_repeat('a', 32), Place::CONTENT);
        self::assertNull($place->problem());
        $place->prepare();
        $place->prepare();
        self::assertSame('0700', substr(sprintf('%o', fileperms($place->directory)), -4));
        $rules = (string) file_get_contents("{$place->directory}/.htaccess");
        self::assertStringContainsString('Require all denied', $rules);
        self::assertNotFalse(simplexml_load_file("{$place->directory}/web.config"));
        ob_start();
        require "{$place->directory}/index.php";
        self::assertSame('', ob_get_clean());
        // Outside nobody needs that.
        $outside = new Place("{$this->home}/outside", Place::OUTSIDE);
        $outside->prepare();
        self::assertSame(['.', '..'], scandir($outside->directory));
    }

    public function testDestroyedIsWhatIsOurs(): void
    {
        $place = new Place("{$this->home}/place", Place::OUTSIDE);
        $fill = static function () use ($place): void {
            foreach ([$place->store(), dirname($place->keyFile())] as $directory) {
                mkdir($directory, 0700, true);
            }
            foreach (['connections.sqlite', 'connections.sqlite-journal', 'gate.lock'] as $name) {
                file_put_contents("{$place->store()}/{$name}", 'x');
            }
            file_put_contents($place->keyFile(), 'x');
        };
        $fill();
        self::assertTrue($place->destroy());
        self::assertDirectoryDoesNotExist($place->directory);
        // What somebody else has put there stays: wp-config.php may name a directory that has other things in it.
        $fill();
        $theirs = ["{$place->directory}/index.php", "{$place->store()}/backup.tar", "{$place->directory}/key/note"];
        foreach ($theirs as $file) {
            file_put_contents($file, 'x');
        }
        self::assertFalse($place->destroy());
        array_map(self::assertFileExists(...), $theirs);
        self::assertFileDoesNotExist($place->keyFile());
        self::assertSame(['.', '..', 'backup.tar'], scandir($place->store()));
    }

    public function testAPlaceHasToBeAbsolute(): void
    {
        $problem = (new Place('connections', Place::CONSTANT))->problem();
        self::assertSame(Problem::PLACE_RELATIVE, $problem?->code);
        self::assertStringContainsString('is connections.', $problem->message());
    }

    private function make(string $directory): string
    {
        if (!is_dir("{$this->home}/{$directory}")) {
            mkdir("{$this->home}/{$directory}", 0755, true);
        }
        return "{$this->home}/{$directory}";
    }

    private function choose(string $root, string $site = '1', string $secret = 'salt'): Place
    {
        return Place::choose([$root], "{$root}/wp-content", $site, $secret);
    }
}
