<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * Reads what a file declares.
 *
 * Only what is declared unconditionally counts as a declaration. Everything else that stands outside of the classes,
 * a class inside an `if` too, is a statement: it is compared word by word.
 *
 * @internal
 */
final class FileReader
{
    private const CLASS_LIKE = [T_CLASS, T_INTERFACE, T_TRAIT, T_ENUM];
    private const MODIFIERS = [T_ABSTRACT, T_FINAL, T_READONLY];
    /** How the files of plug-ins begin: `if (!defined('ABSPATH')) { exit; }`, or `defined('ABSPATH') || exit;`. */
    private const CUSTOMARY = '~^(?:if \( ! )?\\\\?defined \( (["\'])\w+\1 \)'
        . '(?: \) \{?| (?:\|\||or)) ?(?:exit|die|return)(?: \( \))? ;(?: \})?$~i';

    private readonly Tokens $tokens;
    private readonly Names $names;
    /** @var array<string, ClassShape> */
    private array $classes = [];
    /** @var array<string, Member> */
    private array $functions = [];
    /** @var list<string> */
    private array $constants = [];
    /** @var list<string> */
    private array $statements = [];

    /**
     * @throws Unreadable
     */
    public function __construct(string $code)
    {
        $this->tokens = new Tokens($code);
        $this->names = new Names();
    }

    /**
     * @throws Unreadable
     */
    public function read(): FileShape
    {
        while (!$this->tokens->atEnd()) {
            $this->step();
        }
        return new FileShape($this->classes, $this->functions, $this->constants, $this->statements);
    }

    private function step(): void
    {
        $tokens = $this->tokens;
        $tokens->skipAttributes();
        match (true) {
            $tokens->nextIs(T_NAMESPACE) => $this->enterNamespace(),
            $tokens->nextIs(T_USE) => $this->import(),
            $tokens->nextIs(T_DECLARE) => $tokens->takeUntil(';', '{'),
            $tokens->nextIs(T_CONST) => $this->readConstants(),
            $this->beginsFunction() => $this->readFunction(),
            $this->beginsClass() => $this->readClass(),
            // The brackets of a namespace, and what is left of a statement.
            $tokens->nextIs(['{', '}', ';']) => $tokens->take(),
            default => $this->readStatement(),
        };
    }

    private function enterNamespace(): void
    {
        $this->tokens->take();
        $this->names->enter(Tokens::text($this->tokens->takeUntil(';', '{')));
    }

    private function import(): void
    {
        $this->tokens->take();
        $this->names->import($this->tokens);
    }

    private function readConstants(): void
    {
        do {
            $this->tokens->take();
            $this->constants[] = $this->names->declared($this->tokens->take()->text);
            $this->tokens->takeUntil(',', ';');
        } while ($this->tokens->next() === ',');
    }

    /** Not a closure: that is part of a statement. */
    private function beginsFunction(): bool
    {
        $ahead = $this->tokens->next(1) === '&' ? 2 : 1;
        return $this->tokens->nextIs(T_FUNCTION) && $this->tokens->nextIs(T_STRING, $ahead);
    }

    private function readFunction(): void
    {
        $this->tokens->take();
        $function = ClassReader::signature($this->tokens, $this->names);
        $this->functions[$function->key()] = $function;
        $this->tokens->takeGroup();
    }

    private function beginsClass(): bool
    {
        for ($ahead = 0; $this->tokens->nextIs(self::MODIFIERS, $ahead); $ahead++) {
            continue;
        }
        return $this->tokens->nextIs(self::CLASS_LIKE, $ahead) && $this->tokens->nextIs(T_STRING, $ahead + 1);
    }

    private function readClass(): void
    {
        $modifiers = [];
        while ($this->tokens->nextIs(self::MODIFIERS)) {
            $modifiers[] = strtolower($this->tokens->take()->text);
        }
        $class = (new ClassReader($this->tokens, $this->names))->read($modifiers);
        $this->classes[strtolower($class->name)] = $class;
    }

    private function readStatement(): void
    {
        $statement = $this->tokens->takeUntil(';', '{');
        // A block belongs to it; what comes after one is another statement.
        $end = $this->tokens->next() === '{' ? $this->tokens->takeGroup() : [$this->tokens->take()];
        $text = Tokens::text([...$statement, ...$end]);
        if (preg_match(self::CUSTOMARY, $text) !== 1) {
            $this->statements[] = $text;
        }
    }
}
