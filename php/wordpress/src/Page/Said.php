<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Problem;

/**
 * What came of an action, kept until its page is shown: that is another request.
 *
 * @internal
 */
final class Said
{
    private const KEPT = 'datamachine_connections_said';
    private const SECONDS = 300;

    /**
     * @param string       $kind  `success`, `info`, `warning`, `error`
     * @param list<string> $lines to type
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $text,
        public readonly array $lines = [],
    ) {
    }

    public static function done(string $text): self
    {
        return new self('success', $text);
    }

    public static function problem(Problem $problem): self
    {
        return new self('error', $problem->message(), $problem->lines());
    }

    /**
     * Keeps it for who is logged in.
     */
    public function keep(): void
    {
        $all = self::all();
        $all[get_current_user_id()] = [$this->kind, $this->text, $this->lines];
        set_site_transient(self::KEPT, $all, self::SECONDS);
    }

    /**
     * What is kept for who is logged in; it is not, any more.
     */
    public static function take(): ?self
    {
        $all = self::all();
        $mine = $all[get_current_user_id()] ?? null;
        unset($all[get_current_user_id()]);
        if (!is_array($mine)) {
            return null;
        }
        $all === [] ? self::forget() : set_site_transient(self::KEPT, $all, self::SECONDS);
        return new self(...$mine);
    }

    public static function forget(): void
    {
        delete_site_transient(self::KEPT);
    }

    /**
     * @return array<int, array{string, string, list<string>}> by the users' ids
     */
    private static function all(): array
    {
        $all = get_site_transient(self::KEPT);
        return is_array($all) ? $all : [];
    }
}
