<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;

/**
 * What the page's buttons do: who may is asked, and whether the form is this page's; then it is done, and the page
 * shown again with what came of it.
 *
 * @internal
 */
final class Actions
{
    /** The field that names the action. */
    public const FIELD = 'datamachine_connections_do';

    public static function nonce(string $action): string
    {
        return "datamachine_connections_{$action}";
    }

    /**
     * Does what was asked for, if anything was, and ends the request then.
     */
    public static function handle(): void
    {
        // phpcs:ignore WordPress.Security.NonceVerification -- asked below.
        $sent = wp_unslash($_POST);
        $action = $sent[self::FIELD] ?? null;
        if (!is_string($action)) {
            return;
        }
        if (!current_user_can(Plugin::capability())) {
            wp_die(esc_html__('You may not manage the connections.', 'datamachine-connections'), '', 403);
        }
        check_admin_referer(self::nonce($action));
        $do = self::known()[$action] ?? null;
        if ($do === null) {
            wp_die(esc_html__('There is no such action.', 'datamachine-connections'), '', 400);
        }
        self::attempt($do, new Input($sent))?->keep();
        wp_safe_redirect(Plugin::page());
        exit;
    }

    /**
     * @param \Closure(Input): ?Said $do
     */
    private static function attempt(\Closure $do, Input $input): ?Said
    {
        try {
            return $do($input);
        } catch (\Throwable $thrown) {
            $problem = Problem::of($thrown);
            Plugin::log($problem);
            return Said::problem($problem);
        }
    }

    /**
     * @return array<string, \Closure(Input): ?Said>
     */
    private static function known(): array
    {
        return [
            'prepare' => Moving::prepare(...),
            'elsewhere' => Moving::elsewhere(...),
            'resume' => Moving::resume(...),
            'migrate' => Moving::migrate(...),
            'roll_back' => Moving::rollBack(...),
            'put_back' => Belonging::putBack(...),
            'adopt' => Belonging::adopt(...),
            'this_server' => Belonging::thisServer(...),
            'destroy' => Belonging::destroy(...),
            'keep' => Belonging::keep(...),
            'backup' => BackupDownload::send(...),
            'mode' => Granting::mode(...),
            'accept' => Granting::accept(...),
            'dismiss' => Granting::dismiss(...),
            'revoke' => Granting::revoke(...),
            'revoke_all' => Granting::revokeAll(...),
        ];
    }
}
