<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What the names in a file mean: its namespace, and what `use` brings in.
 *
 * @internal
 */
final class Names
{
    /** Types that are no classes. `parent` is left as it is: the parent's name is compared anyway. */
    private const BUILT_IN = [
        'array', 'bool', 'callable', 'false', 'float', 'int', 'iterable', 'mixed', 'never', 'null', 'object', 'parent',
        'static', 'string', 'true', 'void',
    ];

    private string $space = '';
    /** @var array<string, string> full names by the lower-case short one */
    private array $imports = [];

    /** A namespace begins. */
    public function enter(string $space): void
    {
        $this->space = $space;
        $this->imports = [];
    }

    /**
     * Reads what follows `use` outside of a class, and the semicolon. Functions and constants are none of ours: nothing
     * that is compared names one.
     */
    public function import(Tokens $tokens): void
    {
        $clause = Tokens::text($tokens->takeUntil(';'));
        $tokens->take();
        if (preg_match('~^(function|const) ~i', $clause) === 1) {
            return;
        }
        $prefix = '';
        if (preg_match('~^(.*\\\\) \{(.*?),? ?\}$~', str_replace(' \\', '\\', $clause), $group) === 1) {
            [, $prefix, $clause] = $group;
        }
        foreach (explode(',', $clause) as $name) {
            [$name, $as] = preg_split('~ as ~i', trim($name)) + [1 => ''];
            $name = ltrim($prefix . $name, '\\');
            $this->imports[strtolower($as !== '' ? $as : self::last($name))] = $name;
        }
    }

    /** The full name of what is declared here. */
    public function declared(string $name): string
    {
        return ltrim("{$this->space}\\{$name}", '\\');
    }

    /** The full name of a class that is named here. */
    public function resolved(string $name): string
    {
        if (str_starts_with($name, '\\')) {
            return substr($name, 1);
        }
        [$first, $rest] = explode('\\', $name, 2) + [1 => null];
        if (strtolower($first) === 'namespace') {
            return $this->declared((string) $rest);
        }
        $import = $this->imports[strtolower($first)] ?? null;
        return match (true) {
            $import === null => $this->declared($name),
            $rest === null => $import,
            default => "{$import}\\{$rest}",
        };
    }

    /**
     * Takes the names that come next, between commas.
     *
     * @return list<string>
     */
    public function list(Tokens $tokens): array
    {
        $names = [];
        do {
            $names[] = $this->resolved($tokens->take()->text);
        } while ($tokens->accept(','));
        return $names;
    }

    /**
     * A type in one form: full names, lower case, sorted, `?` written out.
     *
     * @param list<\PhpToken> $tokens
     * @param string          $self     the class that it stands in
     * @param bool            $nullable whether null is its default, which makes any type take null
     */
    public function type(array $tokens, string $self, bool $nullable = false): string
    {
        $text = str_replace([' ', '(', ')'], '', Tokens::text($tokens));
        $text = ltrim($text, '?') . (str_starts_with($text, '?') || ($nullable && $text !== '') ? '|null' : '');
        $full = function (string $name) use ($self): string {
            $builtIn = in_array(strtolower($name), self::BUILT_IN, true);
            return strtolower($builtIn ? $name : (strtolower($name) === 'self' ? $self : $this->resolved($name)));
        };
        $alternatives = [];
        foreach ($text === '' ? [] : explode('|', $text) as $alternative) {
            $alternatives[] = self::sorted('&', array_map($full, explode('&', $alternative)));
        }
        return self::sorted('|', $alternatives);
    }

    /**
     * @param list<string> $names
     */
    private static function sorted(string $between, array $names): string
    {
        $names = array_unique($names);
        sort($names);
        return implode($between, $names);
    }

    private static function last(string $name): string
    {
        return substr((string) strrchr("\\{$name}", '\\'), 1);
    }
}
