<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

/**
 * What a form of the page sent.
 *
 * @internal
 */
final class Input
{
    /**
     * @param array<array-key, mixed> $sent without WordPress's slashes
     */
    public function __construct(private readonly array $sent)
    {
    }

    public function text(string $name): string
    {
        $value = $this->sent[$name] ?? '';
        return is_string($value) ? trim($value) : '';
    }

    public function has(string $name): bool
    {
        return $this->text($name) !== '';
    }

    /** Who is logged in, as the library's records name them. */
    public function by(): string
    {
        return 'user:' . get_current_user_id();
    }
}
