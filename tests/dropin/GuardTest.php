<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Guard;
use DataMachine\Connections\Dropin\Guard\Cache;
use DataMachine\Connections\Dropin\Guard\Kind;
use DataMachine\Connections\Dropin\Guard\Missing;
use DataMachine\Connections\Dropin\Guard\Verdict;
use PHPUnit\Framework\TestCase;

/**
 * Whether a class file may stand in for another, and what speaks against it.
 */
final class GuardTest extends TestCase
{
    private const BODY = '
        public const SCOPE = "site", OTHER = 1;
        protected const ARMS = [\'a\' => [1, 2]];
        protected $slug;
        public static ?string $shared = null;
        private int $hidden = 0;
        public function __construct(string $slug) { $this->slug = "{$slug} ${slug} }"; }
        abstract public function fields(): array;
        public function read(int $id, ?array $more = null, string ...$rest): ?array { return [$id => function () {}]; }
        protected static function normalize(string $name): string { return <<<TEXT
            } class Fake { {$name} public function fake() {} }
            TEXT; }
        private function secret() {}';

    /** @var list<string> */
    private array $files = [];

    protected function tearDown(): void
    {
        array_map(unlink(...), array_filter($this->files, is_file(...)));
    }

    public function testTheSameClassMayStandIn(): void
    {
        self::assertSame([], $this->missing(self::classOf(self::BODY), self::classOf(self::BODY)));
    }

    public function testAFutureClassMakesItSayNoAndWhich(): void
    {
        $future = self::classOf(self::BODY . '
            public const FINGERPRINT = "sha256";
            public function key_fingerprint(): ?string { return null; }
            protected function audit(): array { return []; }
            public static function last_error(): string { return ""; }
            protected static array $errors = [];
            private function own() {}');
        $verdict = $this->compare($future, self::classOf(self::BODY));
        self::assertFalse($verdict->ok);
        $found = array_map(static fn (Missing $one) => [$one->kind, $one->name], $verdict->missing);
        self::assertSame([
            [Kind::Constant, 'Upstream\Core\Base::FINGERPRINT'],
            [Kind::Method, 'Upstream\Core\Base::key_fingerprint'],
            [Kind::Method, 'Upstream\Core\Base::audit'],
            [Kind::Method, 'Upstream\Core\Base::last_error'],
            [Kind::Property, 'Upstream\Core\Base::$errors'],
        ], $found);
        // What ours has beyond theirs is no reason.
        self::assertSame([], $this->missing(self::classOf(self::BODY), $future));
    }

    /**
     * @return array<string, array{string, list<string>}>
     */
    public static function dropins(): array
    {
        return [
            'BaseAuthProvider' => ['BaseAuthProvider', ['StoredAccounts']],
            'BaseOAuth1Provider' => ['BaseOAuth1Provider', ['BaseAuthProvider', 'StoredAccounts']],
            'BaseOAuth2Provider' => ['BaseOAuth2Provider', ['BaseAuthProvider', 'StoredAccounts', 'AuthorizationFlow']],
            'HttpBasicAuthProvider' => ['HttpBasicAuthProvider', ['BaseAuthProvider', 'StoredAccounts']],
        ];
    }

    /**
     * @dataProvider dropins
     *
     * @param list<string> $parts
     */
    public function testTheDropInClassesAreCompared(string $class, array $parts): void
    {
        $file = static fn (string $name): string => __DIR__ . "/../../php/dropin/{$name}.php";
        $now = (string) file_get_contents($file($class));
        $parts = array_map($file, $parts);
        self::assertSame([], (new Guard())->compare($this->file($now), $file($class), $parts)->missing);
        $new = 'public function key_fingerprint(): string { return ""; }';
        $future = substr_replace($now, $new, (int) strrpos($now, '}'), 0);
        $missing = (new Guard())->compare($this->file($future), $file($class), $parts)->missing;
        self::assertCount(1, $missing);
        self::assertSame("DataMachine\\Core\\OAuth\\{$class}::key_fingerprint", $missing[0]->name);
    }

    /**
     * @return array<string, array{string, string, string}> a member of theirs, of ours, and the only reason; no reason
     *                                                      where ours is good enough
     */
    public static function members(): array
    {
        return [
            'fewer parameters' => ['function f($a, $b = 1) {}', 'function f($a) {}', 'ours has no $b'],
            'another name' => ['function f($a) {}', 'function f($b) {}', 'theirs calls $a what ours calls $b'],
            'more parameters' => ['function f($a) {}', 'function f($a, $b = 1) {}', 'only ours has $b'],
            'more for a constructor' => ['function __construct($a) {}', 'function __construct($a, $b = 1) {}', ''],
            'more for an abstract constructor' => [
                'abstract function __construct($a);',
                'abstract function __construct($a, $b = 1);',
                'only ours has $b',
            ],
            'more for what is final' => ['final function f($a) {}', 'final function f($a, $b = 1) {}', ''],
            'wants more' => [
                'final function f($a = 1) {}',
                'final function f($a) {}',
                'ours wants 1 arguments, theirs 0',
            ],
            'wants less' => [
                'function f($a) {}',
                'function f($a = 1) {}',
                'ours wants 0 arguments, a child that overrides it 1',
            ],
            'a default before one without' => ['function f($a, $b) {}', 'function f($a = 1, $b) {}', ''],
            'by reference' => ['function f(&$a) {}', 'function f($a) {}', '$a is by reference'],
            'variadic' => ['function f(int ...$a) {}', 'function f(int $a = 1) {}', '$a is variadic'],
            'narrower' => ['function f(?int $a) {}', 'function f(int $a) {}', 'takes $a as int|null, ours int'],
            'wider' => ['function f(int $a) {}', 'function f($a) {}', 'takes $a as int, ours anything'],
            'wider, no child' => ['final function f(int $a) {}', 'final function f($a) {}', ''],
            'one type, written otherwise' => [
                'function f(int|string|null $a, Thing $b = null, self|array $c = []): null|Deep\Thing {}',
                'function f(null|STRING|int $a, ?\Upstream\Core\Thing $b = NULL, array|Base $c = []):
                    ?namespace\Deep\Thing {}',
                '',
            ],
            'imported' => ['function f(WP_Error $e) {}', 'function f(\WP_Error $e) {}', ''],
            'returns something else' => [
                'function f(): array {}',
                'function f(): ?array {}',
                'returns array, ours array|null',
            ],
            'returns anything' => ['function f(): array {}', 'function f() {}', ''],
            'returns by reference' => ['function &f() {}', 'function f() {}', '`&`'],
            'less visible' => ['function f() {}', 'protected function f() {}', 'theirs is public, ours protected'],
            'more visible' => ['protected function f() {}', 'function f() {}', 'theirs is protected, ours public'],
            'private' => ['protected $p;', 'private $p;', 'theirs is protected, ours private'],
            'static' => ['static function f() {}', 'function f() {}', '`static`'],
            'not static' => ['protected $p;', 'protected static $p;', '`static`'],
            'abstract' => ['function f() {}', 'abstract function f();', 'ours is `abstract`'],
            'no longer abstract' => ['abstract function f();', 'function f() {}', ''],
            'only ours, abstract' => ['', 'abstract function f();', 'no child has it'],
            'final' => ['function f() {}', 'final function f() {}', 'ours is `final`'],
            'upper case' => ['function f() {}', 'FUNCTION F() {}', ''],
            'typed property' => ['protected $p;', 'protected string $p;', 'of type anything, ours string'],
            'readonly' => ['protected int $p;', 'protected readonly int $p;', '`readonly`'],
            'promoted' => [
                'function __construct(protected readonly ?int $p = 1) {}',
                'function __construct($p = 1) {}',
                '::$p',
            ],
            'promoted and declared' => [
                'function __construct(#[A([1, 2])] protected int $p, readonly int $q) {}',
                'protected int $p; public readonly int $q; function __construct(int $p, int $q) {}',
                '',
            ],
            'one of several' => ['const A = [1, 2], B = 2;', 'const A = 1;', '::B'],
            'one of several properties' => ['var $a = [1, 2], $b;', 'public $a;', '::$b'],
            'a keyword as a name' => ['const FOR = 1; function list() {}', 'const FOR = 1;', '::list'],
            'attributes' => ['#[A("]")] #[B(c: [1])] function f(#[C] $a) {}', 'function f($a) {}', ''],
            'an anonymous class' => [
                'function f() { return new class extends X { function g() {} }; }',
                'function f() {}',
                '',
            ],
            'static closures' => ['function f() { return [static fn () => [], static function () {}]; }', '', '::f'],
            'a trait' => ['use T;', '', 'trait Upstream\Core\T: what Upstream\Core\Base has from it does not show'],
            'the same trait' => ['use T, \Other\U;', 'use Vendor\U; use \upstream\core\T;', 'trait Other\U'],
            'the same traits and rules' => ['use T, U { T::a insteadof U; }', 'use T,U{T::a insteadof U ;}', ''],
            'other rules' => ['use T { a as b; }', 'use T;', 'trait Upstream\Core\T { a as b ; }'],
        ];
    }

    /**
     * @dataProvider members
     */
    public function testMembersAreCompared(string $theirs, string $ours, string $reason): void
    {
        $this->assertReason($reason, self::classOf($theirs), self::classOf($ours));
    }

    /**
     * @return array<string, array{string, string, string}>
     */
    public static function declarations(): array
    {
        return [
            'final' => ['class A {}', 'final class A {}', 'ours is final'],
            'abstract' => ['class A {}', 'abstract class A {}', 'ours is abstract'],
            'concrete' => ['abstract class A {}', 'class A {}', ''],
            'readonly' => ['readonly class A {}', 'class A {}', 'theirs is readonly'],
            'form' => ['interface A {}', 'abstract class A {}', 'declared as interface, ours as class'],
            'parent' => ['class A extends B {}', 'class A {}', 'parent B: A does not extend it'],
            'parent by another way' => ['use X\{B, C as D}; class A extends D {}', 'class A extends \X\C {}', ''],
            'what another namespace brings in' => [
                'namespace N { use X\B; } namespace M { class A extends B {} }',
                'namespace M; class A extends B {}',
                '',
            ],
            'only ours has one' => ['class A {}', 'class A extends B {}', ''],
            'interface' => ['class A implements B, C {}', 'class A implements \b {}', 'interface C'],
            'extended interface' => ['interface A extends B, C {}', 'interface A extends C {}', 'interface B'],
            'method of an interface' => ['interface A {}', 'interface A { function f(); }', 'no child has it'],
            'enum' => ['enum A: string { case B = "b"; case C = "c"; }', 'enum A: string { case B = "b"; }', 'A::C'],
            'type of an enum' => ['enum A: string {}', 'enum A: int {}', 'declared as enum: string'],
            'a case is no constant' => ['enum A { case B; }', 'enum A { const B = 1; }', '`case`'],
            'no such class' => ['namespace N; class A {}', 'class A {}', 'class N\A: ours does not declare it'],
            'several classes' => ['class A {} class B {}', 'class A {}', 'class B'],
            'several namespaces' => [
                'namespace N { class A {} } namespace M { class A {} }',
                'namespace N; class A {}',
                'M\A',
            ],
            'a conditional class' => ['class A {}', 'if (true) { class A {} }', 'class A: ours does not'],
            'their conditional class' => ['class A {} if (1) { class B {} }', 'class A {}', 'statement if ( 1 )'],
            'no class' => ['function f() {}', 'function f() {}', 'declares no class'],
            'function' => ['class A {} function &f($a) { }', 'class A {}', 'function f'],
            'constant' => ['class A {} const B = 1, C = 2;', 'class A {} const B = 1;', 'global constant C'],
            'alias' => ['class A {} class_alias("A", "B");', 'class A {}', 'statement class_alias'],
            'the same statement' => ['class A {} f( 1 );', "f(1);\nclass A {}", ''],
            'the usual guard' => ["if ( ! defined( 'ABSPATH' ) ) { exit; } class A {}", 'class A {}', ''],
            'the short one' => ['defined("ABSPATH") || exit; class A {}', 'class A {}', ''],
            'a guard that does more' => ['if (!defined("X")) { g(); exit; } class A {}', 'class A {}', 'statement if'],
            'text in strings' => [
                'class A { const B = "{$_x[0]};{"; function f() { return "$a}" . "$a[0]; }"; } }',
                'class A {}',
                'A::B',
            ],
            'after the class' => ["class A {} ?>\n", 'class A {}', ''],
        ];
    }

    /**
     * @dataProvider declarations
     */
    public function testDeclarationsAreCompared(string $theirs, string $ours, string $reason): void
    {
        $missing = $this->missing("<?php {$theirs}", "<?php {$ours}");
        self::assertStringContainsString($reason, implode("\n", $missing));
        self::assertSame($reason === '', $missing === []);
    }

    public function testOursMayBeMadeOfParts(): void
    {
        $theirs = self::classOf('protected function a() {} public function b() {} function c() {}');
        $ours = self::classOf('use \Ours\A; public function b() {}', 'extends Parents');
        $trait = '<?php namespace Ours;
            trait A { use B; protected function b() {} }
            trait B { protected function a() {} }';
        $parent = '<?php namespace Upstream\Core; class Parents { public function c() {} private function d() {} }';
        self::assertSame([], $this->missing($theirs, $ours, $trait, $parent));
        self::assertCount(1, $this->missing($theirs, $ours, $trait));
        self::assertCount(2, $this->missing($theirs, $ours));
        // What a parent keeps to itself counts for nothing.
        $missing = $this->missing(self::classOf('protected function d() {}'), $ours, $trait, $parent);
        self::assertSame(['method Upstream\Core\Base::d: ours does not declare it'], $missing);
        // What a child has to have is the parent's affair, where theirs has the same parent.
        $parent = '<?php namespace Upstream\Core; abstract class Parents { abstract public function e(); }';
        $ours = self::classOf('', 'extends Parents');
        self::assertCount(0, $this->missing(self::classOf('', 'extends Parents'), $ours, $parent));
        self::assertCount(1, $this->missing(self::classOf(''), $ours, $parent));
    }

    public function testPartsInACircle(): void
    {
        [$theirs, $ours] = [self::classOf('function f() {}'), self::classOf('use \Ours\A;', 'extends Base')];
        self::assertCount(1, $this->missing($theirs, $ours, '<?php namespace Ours; trait A { use A; }'));
    }

    /**
     * @return array<string, array{?string, string}>
     */
    public static function unreadable(): array
    {
        return [
            'no file' => [null, 'is no file'],
            'empty' => ['', 'it is no PHP'],
            'no PHP' => ["\x7fELF\0\1\2", 'it is no PHP'],
            'broken' => ["<?php class A {", 'line 1: '],
            'newer than this PHP' => ['<?php class A { public int $p { get => 1; } }', 'not understood'],
            'huge' => ['<?php class A {} //' . str_repeat('x', 1 << 20), 'larger than'],
        ];
    }

    /**
     * @dataProvider unreadable
     */
    public function testWhatCannotBeReadIsANo(?string $code, string $reason): void
    {
        $good = $this->file('<?php class A {}');
        $bad = $this->file($code ?? '');
        if ($code === null) {
            unlink($bad);
        }
        foreach ([[$bad, $good], [$good, $bad], [$good, $good, [$bad]]] as $files) {
            $verdict = (new Guard())->compare(...$files);
            self::assertFalse($verdict->ok);
            self::assertCount(1, $verdict->missing);
            self::assertSame(Kind::File, $verdict->missing[0]->kind);
            self::assertStringContainsString($reason, $verdict->missing[0]->why);
        }
        self::assertFalse((new Guard())->compare(dirname($good), $good)->ok);
    }

    public function testNeitherFileIsLoaded(): void
    {
        $name = 'Loaded' . bin2hex(random_bytes(4));
        $code = "<?php class {$name} {} throw new Exception('loaded');";
        self::assertSame([], $this->missing($code, $code));
        self::assertFalse(class_exists($name));
    }

    public function testAnswersAreCachedUntilAFileChanges(): void
    {
        $cache = new class implements Cache {
            /** @var array<string, string> */
            public array $values = [];
            public int $hits = 0;

            public function read(string $key): ?string
            {
                $this->hits += (int) isset($this->values[$key]);
                return $this->values[$key] ?? null;
            }

            public function write(string $key, string $value): void
            {
                $this->values[$key] = $value;
            }
        };
        $guard = new Guard($cache);
        $class = static fn (string $body): string => "<?php class A { {$body} }";
        $files = [$this->file($class('function f() {}')), $this->file($class(''))];
        $first = $guard->compare(...$files);
        self::assertSame(0, $cache->hits);
        self::assertEquals($first, $guard->compare(...$files));
        self::assertSame(1, $cache->hits);
        // Theirs changes, then ours, then a part.
        file_put_contents($files[0], $class('function f() {} function g() {}'));
        self::assertCount(2, $guard->compare(...$files)->missing);
        file_put_contents($files[1], $class('use T; function g() {}'));
        self::assertCount(1, $guard->compare(...$files)->missing);
        $part = $this->file('<?php trait T {}');
        self::assertCount(1, $guard->compare($files[0], $files[1], [$part])->missing);
        file_put_contents($part, '<?php trait T { function f() {} }');
        self::assertTrue($guard->compare($files[0], $files[1], [$part])->ok);
        self::assertSame(1, $cache->hits);
        // What comes back damaged is no answer.
        $row = '{"missing":[{"kind":"x","name":"","why":""}]}';
        foreach (['', 'yes', '{}', '[]', '7', '{"missing":[1]}', $row] as $damaged) {
            $cache->values = array_map(static fn () => $damaged, $cache->values);
            self::assertCount(1, $guard->compare(...$files)->missing, $damaged);
        }
        $cache->values = array_map(static fn () => '{"missing":[]}', $cache->values);
        self::assertTrue($guard->compare(...$files)->ok, 'The cache was not asked.');
    }

    public function testAnswersOfAnotherGuardDoNotCount(): void
    {
        $message = 'The guard has changed: set Guard::RULES, so that no earlier answer counts.';
        self::assertSame(Guard::rules(), Guard::RULES, $message);
    }

    public function testTheCommandLine(): void
    {
        $theirs = $this->file('<?php class A { function f() {} }');
        $ours = $this->file('<?php class A {}');
        $run = static function (string ...$files): array {
            $command = array_map(escapeshellarg(...), [PHP_BINARY, __DIR__ . '/../../php/bin/guard.php', ...$files]);
            exec(implode(' ', $command) . ' 2>&1', $lines, $status);
            return [$status, implode("\n", $lines)];
        };
        self::assertSame([0, ''], $run($ours, $theirs));
        self::assertSame([1, 'method A::f: ours does not declare it'], $run($theirs, $ours));
        self::assertSame(2, $run($theirs)[0]);
    }

    private static function classOf(string $members, string $extends = ''): string
    {
        return "<?php\nnamespace Upstream\\Core;\nuse WP_Error;\nuse Vendor as Other;\n"
            . "abstract class Base {$extends} {\n{$members}\n}\n";
    }

    private function assertReason(string $reason, string $theirs, string $ours): void
    {
        $missing = $this->missing($theirs, $ours);
        self::assertCount($reason === '' ? 0 : 1, $missing, implode("\n", $missing));
        self::assertStringContainsString($reason, $missing[0] ?? '');
    }

    /**
     * @return list<string>
     */
    private function missing(string $theirs, string $ours, string ...$parts): array
    {
        return array_map(static fn (Missing $one) => $one->text(), $this->compare($theirs, $ours, ...$parts)->missing);
    }

    private function compare(string ...$code): Verdict
    {
        [$theirs, $ours] = $files = array_map($this->file(...), $code);
        return (new Guard())->compare($theirs, $ours, array_slice($files, 2));
    }

    private function file(string $code): string
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'dm-guard-');
        file_put_contents($file, $code);
        return $this->files[] = $file;
    }
}
