<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * What who manages the site is told on top of the admin's pages: one notice at most.
 */
final class Notices
{
    // phpcs:disable Generic.Files.LineLength -- what translators see is one text each.

    /** @var list<array{string, string, list<string>}> further ones: kind, text, lines */
    private static array $more = [];

    public static function register(): void
    {
        add_action(is_multisite() ? 'network_admin_notices' : 'admin_notices', [self::class, 'show']);
        if (is_multisite()) {
            // Who manages the network may be on any blog of it.
            add_action('admin_notices', [self::class, 'show']);
        }
    }

    /**
     * Has something else told, where nothing worse is.
     *
     * @param string       $kind  `error`, `warning`, `info`
     * @param string       $text  plain text
     * @param list<string> $lines to type
     */
    public static function add(string $kind, string $text, array $lines = []): void
    {
        self::$more[] = [$kind, $text, $lines];
    }

    public static function show(): void
    {
        if (!current_user_can(Plugin::capability())) {
            return;
        }
        Plugin::attempt(static function (): void {
            $told = self::told();
            if ($told !== null) {
                self::write(...$told);
            }
        });
    }

    /**
     * @return array{string, string, list<string>}|null
     */
    private static function told(): ?array
    {
        $state = Plugin::state();
        return ($state->name() === State::INERT ? self::ofInert($state) : self::ofMigrated($state))
            ?? self::$more[0]
            ?? null;
    }

    /**
     * @return array{string, string, list<string>}|null
     */
    private static function ofInert(State $state): ?array
    {
        // What a migration lacks concerns nobody elsewhere.
        $here = in_array(get_current_screen()?->id, ['plugins', 'plugins-network'], true);
        $problem = $state->problem() ?? ($here ? Requirements::missing()[0] ?? null : null);
        if ($problem === null) {
            return null;
        }
        $text = __('Data Machine goes on as before. For its connections to be taken over, something is missing:', 'datamachine-connections');
        return ['warning', "{$text} {$problem->message()}", $problem->lines()];
    }

    /**
     * @return array{string, string, list<string>}|null
     */
    private static function ofMigrated(State $state): ?array
    {
        $problem = $state->problem() ?? $state->store()?->problem();
        if ($problem !== null) {
            $text = __('The accounts that Data Machine is connected to cannot be reached. None of them is used or changed until this is mended:', 'datamachine-connections');
            return ['error', "{$text} {$problem->message()}", $problem->lines()];
        }
        $vault = $state->store()?->vault();
        if ($vault?->info()->clone === true) {
            $text = __('This site is a copy: its connections belong to %s. They can be read here; nothing is saved or deleted, and none is renewed or revoked, so that the other site keeps them. If this site takes them over, say so on the Connections page.', 'datamachine-connections');
            return ['warning', sprintf($text, $vault->info()->site), []];
        }
        $putBack = $vault === null || Heads::putBack($vault) === null ? null : new Problem(Problem::PUT_BACK);
        return $putBack === null ? null : ['warning', $putBack->message(), []];
    }

    /**
     * @param list<string> $lines
     */
    private static function write(string $kind, string $text, array $lines): void
    {
        printf(
            '<div class="notice notice-%s datamachine-connections-notice"><p><strong>%s</strong> %s</p>%s<p><a href="%s">%s</a></p></div>',
            esc_attr($kind),
            esc_html__('Data Machine Connections:', 'datamachine-connections'),
            esc_html($text),
            $lines === [] ? '' : '<pre>' . esc_html(implode("\n", $lines)) . '</pre>',
            esc_url(Plugin::page()),
            esc_html__('Connections', 'datamachine-connections')
        );
    }
}
