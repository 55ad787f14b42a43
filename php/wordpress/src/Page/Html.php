<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

/**
 * A piece of a page. Whatever text goes in is escaped; only another piece goes in as it is.
 *
 * @internal
 */
final class Html implements \Stringable
{
    private const EMPTY_TAGS = ['input', 'br', 'hr'];

    private function __construct(private readonly string $markup)
    {
    }

    /**
     * An element.
     *
     * @param array<string, string|int|bool> $attributes true for one without a value; false for none
     */
    public static function tag(string $name, array $attributes = [], string|self ...$children): self
    {
        $written = '';
        foreach ($attributes as $attribute => $value) {
            $written .= match ($value) {
                false => '',
                true => " {$attribute}",
                default => " {$attribute}=\"" . esc_attr((string) $value) . '"',
            };
        }
        $inner = implode('', array_map(self::markup(...), $children));
        return new self(in_array($name, self::EMPTY_TAGS, true)
            ? "<{$name}{$written}>"
            : "<{$name}{$written}>{$inner}</{$name}>");
    }

    /**
     * Several, one after the other.
     */
    public static function all(string|self ...$parts): self
    {
        return new self(implode('', array_map(self::markup(...), $parts)));
    }

    /**
     * A script of ours, without anything in it that came from elsewhere.
     */
    public static function script(string $code): self
    {
        return new self("<script>{$code}</script>");
    }

    public function isEmpty(): bool
    {
        return $this->markup === '';
    }

    public function __toString(): string
    {
        return $this->markup;
    }

    private static function markup(string|self $part): string
    {
        return $part instanceof self ? $part->markup : esc_html($part);
    }
}
