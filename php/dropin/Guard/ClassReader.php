<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * Reads one class, interface, trait or enum, from its keyword to its closing bracket.
 *
 * @internal
 */
final class ClassReader
{
    private const VISIBILITIES = ['public', 'protected', 'private'];
    private const MODIFIERS = [
        T_PUBLIC, T_PROTECTED, T_PRIVATE, T_STATIC, T_ABSTRACT, T_FINAL, T_READONLY, T_VAR,
    ];

    private string $name = '';
    /** @var list<string> */
    private array $traits = [];
    /** @var array<string, Member> */
    private array $members = [];

    public function __construct(private readonly Tokens $tokens, private readonly Names $names)
    {
    }

    /**
     * @param list<string> $modifiers what stood before the keyword
     *
     * @throws Unreadable
     */
    public function read(array $modifiers): ClassShape
    {
        $form = strtolower($this->tokens->take()->text);
        $this->name = $this->names->declared($this->tokens->take()->text);
        if ($this->tokens->accept(':')) {
            $form .= ': ' . strtolower($this->tokens->take()->text);
        }
        $extended = $this->namesAfter(T_EXTENDS);
        $interfaces = $this->namesAfter(T_IMPLEMENTS);
        $this->tokens->expect('{');
        while (!$this->tokens->accept('}')) {
            $this->readMember();
        }
        // An interface extends interfaces.
        [$parent, $interfaces] = $form === 'interface' ? [null, $extended] : [$extended[0] ?? null, $interfaces];
        return new ClassShape($form, $this->name, $modifiers, $parent, $interfaces, $this->traits, $this->members);
    }

    /**
     * Reads a method or function from its name to what it returns.
     *
     * @param list<string> $modifiers as they are written
     */
    public static function signature(
        Tokens $tokens,
        Names $names,
        string $class = '',
        array $modifiers = [],
    ): Member {
        $modifiers = $tokens->accept('&') ? [...$modifiers, '&'] : $modifiers;
        $name = $tokens->take()->text;
        $tokens->expect('(');
        $parameters = self::parameters($tokens, $names, $class);
        $type = $tokens->accept(':') ? $names->type($tokens->takeUntil('{', ';'), $class) : '';
        // An interface's methods are abstract without the word.
        $modifiers = $tokens->next() === ';' ? array_unique([...$modifiers, 'abstract']) : $modifiers;
        return self::member(
            $class === '' ? Kind::FunctionName : Kind::Method,
            $class === '' ? $names->declared($name) : $name,
            $modifiers,
            $type,
            $parameters
        );
    }

    /**
     * @return list<string>
     */
    private function namesAfter(int $keyword): array
    {
        if (!$this->tokens->nextIs($keyword)) {
            return [];
        }
        $this->tokens->take();
        return $this->names->list($this->tokens);
    }

    private function readMember(): void
    {
        $this->tokens->skipAttributes();
        $modifiers = [];
        while ($this->tokens->nextIs(self::MODIFIERS)) {
            $modifiers[] = strtolower($this->tokens->take()->text);
        }
        match (true) {
            $this->tokens->nextIs(T_USE) => $this->readTraits(),
            $this->tokens->nextIs(T_CASE) => $this->readConstants(['case']),
            $this->tokens->nextIs(T_CONST) => $this->readConstants($modifiers),
            $this->tokens->nextIs(T_FUNCTION) => $this->readMethod($modifiers),
            default => $this->readProperties($modifiers),
        };
    }

    private function readTraits(): void
    {
        $this->tokens->take();
        $traits = $this->names->list($this->tokens);
        $rules = $this->tokens->next() === '{' ? ' ' . Tokens::text($this->tokens->takeGroup()) : '';
        if ($rules === '') {
            $this->tokens->take();
        }
        foreach ($traits as $trait) {
            $this->traits[] = $trait . $rules;
        }
    }

    /**
     * Constants, several after one keyword, perhaps with a type, or an enum's case. The value is not compared.
     *
     * @param list<string> $modifiers
     */
    private function readConstants(array $modifiers): void
    {
        do {
            $this->tokens->take();
            $before = $this->tokens->takeUntil('=', ',', ';');
            $this->add(self::member(Kind::Constant, end($before)->text, $modifiers));
            $this->tokens->takeUntil(',', ';');
        } while ($this->tokens->next() === ',');
        $this->tokens->take();
    }

    /**
     * @param list<string> $modifiers
     */
    private function readMethod(array $modifiers): void
    {
        $this->tokens->take();
        $begins = $this->tokens->next();
        $method = self::signature($this->tokens, $this->names, $this->name, $modifiers);
        $this->add($method);
        foreach (strtolower($begins) === '__construct' ? $method->parameters : [] as $parameter) {
            if ($parameter->promoted !== []) {
                $this->add(self::member(Kind::Property, $parameter->name, $parameter->promoted, $parameter->type));
            }
        }
        $method->is('abstract') ? $this->tokens->take() : $this->tokens->takeGroup();
    }

    /**
     * @param list<string> $modifiers
     */
    private function readProperties(array $modifiers): void
    {
        if ($modifiers === []) {
            $token = $this->tokens->take();
            throw new Unreadable("line {$token->line}: '{$token->text}' in a class");
        }
        $type = [];
        while (!$this->tokens->nextIs(T_VARIABLE)) {
            $type[] = $this->tokens->take();
        }
        do {
            $name = $this->tokens->take();
            $this->add(self::member(Kind::Property, $name->text, $modifiers, $this->names->type($type, $this->name)));
            $this->tokens->takeUntil(',', ';', '{');
            if ($this->tokens->next() === '{') {
                throw new Unreadable("line {$name->line}: hooks of the property {$name->text}");
            }
        } while ($this->tokens->take()->text === ',');
    }

    private function add(Member $member): void
    {
        $this->members[$member->key()] = $member;
    }

    /**
     * Up to the closing bracket, and that.
     *
     * @return list<Parameter>
     */
    private static function parameters(Tokens $tokens, Names $names, string $class): array
    {
        $parameters = [];
        while (!$tokens->accept(')')) {
            $parameters[] = self::parameter($tokens, $names, $class);
            $tokens->accept(',');
        }
        return $parameters;
    }

    private static function parameter(Tokens $tokens, Names $names, string $class): Parameter
    {
        $tokens->skipAttributes();
        $promoted = [];
        while ($tokens->nextIs(self::MODIFIERS)) {
            $promoted[] = strtolower($tokens->take()->text);
        }
        $type = [];
        while (!$tokens->nextIs([T_VARIABLE, T_ELLIPSIS, T_AMPERSAND_FOLLOWED_BY_VAR_OR_VARARG])) {
            $type[] = $tokens->take();
        }
        $byReference = $tokens->accept('&');
        $variadic = $tokens->accept('...');
        $name = $tokens->take()->text;
        $default = strtolower(Tokens::text($tokens->takeUntil(',', ')')));
        return new Parameter(
            $name,
            $names->type($type, $class, in_array($default, ['= null', '= \\null'], true)),
            $default !== '' || $variadic,
            $byReference,
            $variadic,
            $promoted
        );
    }

    /**
     * @param list<string>    $modifiers
     * @param list<Parameter> $parameters
     */
    private static function member(
        Kind $kind,
        string $name,
        array $modifiers,
        string $type = '',
        array $parameters = [],
    ): Member {
        $visibility = array_values(array_intersect(self::VISIBILITIES, $modifiers))[0] ?? 'public';
        $others = array_values(array_diff($modifiers, self::VISIBILITIES, ['var']));
        return new Member($kind, $name, $visibility, $others, $type, $parameters);
    }
}
