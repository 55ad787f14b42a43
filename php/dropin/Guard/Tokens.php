<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * The tokens of a file, without white space and comments, read from front to back.
 *
 * @internal
 */
final class Tokens
{
    private const NOISE = [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT, T_OPEN_TAG];
    private const TEXT = [T_INLINE_HTML, T_ENCAPSED_AND_WHITESPACE];
    private const OPENING = ['(', '[', '{', '#[', '${'];
    private const CLOSING = [')', ']', '}'];

    /** @var list<\PhpToken> */
    private readonly array $tokens;
    private int $at = 0;

    /**
     * @throws Unreadable where it is no PHP, or none that this PHP can parse
     */
    public function __construct(string $code)
    {
        if (!class_exists(\PhpToken::class)) {
            throw new Unreadable("PHP's extension tokenizer is not there");
        }
        try {
            $tokens = \PhpToken::tokenize($code, TOKEN_PARSE);
        } catch (\ParseError $error) {
            throw new Unreadable("line {$error->getLine()}: {$error->getMessage()}");
        }
        if (!in_array(T_OPEN_TAG, array_column($tokens, 'id'), true)) {
            throw new Unreadable('it is no PHP');
        }
        $this->tokens = array_map(self::plain(...), array_values(array_filter($tokens, self::counts(...))));
    }

    public function atEnd(): bool
    {
        return $this->at >= count($this->tokens);
    }

    /** The text of the next token, or of one after it; empty behind the last, and for the inside of a string. */
    public function next(int $ahead = 0): string
    {
        $token = $this->tokens[$this->at + $ahead] ?? null;
        return $token === null || $token->is(self::TEXT) ? '' : $token->text;
    }

    /**
     * Whether the next token, or one after it, is of one of these kinds.
     */
    public function nextIs(array|int|string $kind, int $ahead = 0): bool
    {
        return ($this->tokens[$this->at + $ahead] ?? null)?->is($kind) ?? false;
    }

    /** Takes the next token. */
    public function take(): \PhpToken
    {
        return $this->tokens[$this->at++] ?? throw new Unreadable('it ends too early');
    }

    /**
     * Takes the next token, which has to be this one.
     */
    public function expect(string $text): void
    {
        $token = $this->take();
        if ($token->text !== $text) {
            throw new Unreadable("line {$token->line}: '{$token->text}' where '{$text}' was expected");
        }
    }

    /**
     * Takes the next token if it is this one.
     */
    public function accept(string $text): bool
    {
        $found = $this->next() === $text;
        $this->at += $found ? 1 : 0;
        return $found;
    }

    /**
     * Takes all up to one of these that is not inside brackets; that one stays.
     *
     * @return list<\PhpToken>
     */
    public function takeUntil(string ...$ends): array
    {
        $taken = [];
        for ($depth = 0; $depth > 0 || !in_array($this->next(), $ends, true); $taken[] = $this->take()) {
            $depth += $this->nesting();
        }
        return $taken;
    }

    /**
     * Takes what begins with an opening bracket, up to the closing one.
     *
     * @return list<\PhpToken>
     */
    public function takeGroup(): array
    {
        $taken = [];
        $depth = 0;
        do {
            $depth += $this->nesting();
            $taken[] = $this->take();
        } while ($depth > 0);
        return $taken;
    }

    /** Leaves out the attributes that come next. */
    public function skipAttributes(): void
    {
        while ($this->nextIs(T_ATTRIBUTE)) {
            $this->takeGroup();
        }
    }

    /**
     * In one form, whatever the white space was.
     *
     * @param list<\PhpToken> $tokens
     */
    public static function text(array $tokens): string
    {
        return implode(' ', array_map(static fn (\PhpToken $token): string => $token->text, $tokens));
    }

    /** By how much the next token goes deeper into brackets. */
    private function nesting(): int
    {
        $text = $this->next();
        return (int) in_array($text, self::OPENING, true) - (int) in_array($text, self::CLOSING, true);
    }

    private static function counts(\PhpToken $token): bool
    {
        return !$token->is(self::NOISE) && !($token->is(T_INLINE_HTML) && trim($token->text) === '');
    }

    /** A closing tag ends a statement as a semicolon does. */
    private static function plain(\PhpToken $token): \PhpToken
    {
        return $token->is(T_CLOSE_TAG) ? new \PhpToken(ord(';'), ';', $token->line) : $token;
    }
}
