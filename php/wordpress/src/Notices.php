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
        if ($state->name() === State::INERT) {
            $problem = $state->problem();
            // What a migration needs is told on its own page; this concerns the plugin itself.
            return $problem?->code === Problem::NOT_ON_NETWORK
                ? ['warning', $problem->message(), []]
                : (self::$more[0] ?? null);
        }
        $problem = $state->problem() ?? $state->store()?->problem();
        if ($problem !== null) {
            $text = __('The accounts that Data Machine is connected to cannot be reached. None of them is used or changed until this is mended:', 'datamachine-connections');
            return ['error', "{$text} {$problem->message()}", $problem->lines()];
        }
        if ($state->store()?->vault()->info()->clone === true) {
            $text = __('This site is a copy: its connections belong to %s. They can be read here, and none is renewed or revoked, so that the other site keeps them. If this site takes them over, say so on the Connections page.', 'datamachine-connections');
            return ['warning', sprintf($text, $state->store()->vault()->info()->site), []];
        }
        return self::$more[0] ?? null;
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
