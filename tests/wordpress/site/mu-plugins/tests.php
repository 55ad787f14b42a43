<?php

/**
 * In each site of the tests: nothing leaves the machine, and who knows this run's token has code run in a request.
 */

declare(strict_types=1);

add_filter('pre_wp_mail', '__return_true');
add_filter('pre_http_request', static fn () => new WP_Error('no_network', 'There is no network in tests.'));
// Nobody is asked for updates, and nobody complains of no answer.
foreach (['core', 'plugins', 'themes'] as $what) {
    add_filter("pre_site_transient_update_{$what}", static fn () => (object) [
        'last_checked' => time(),
        'version_checked' => $GLOBALS['wp_version'],
        'updates' => [],
        'translations' => [],
        'response' => [],
        'no_update' => [],
        'checked' => [],
    ]);
}

(static function (): void {
    $token = $_SERVER['HTTP_X_DM_TESTS'] ?? null;
    if (!is_string($token) || !defined('DM_TESTS_TOKEN') || !hash_equals(DM_TESTS_TOKEN, $token)) {
        return;
    }
    ['code' => $code, 'arguments' => $arguments, 'as' => $user, 'start' => $start]
        = unserialize((string) file_get_contents('php://input'), ['allowed_classes' => false]);
    add_filter('determine_current_user', static fn(): int|false => $user === 0 ? false : $user, PHP_INT_MAX);
    add_action('wp_loaded', static function () use ($code, $arguments, $start): never {
        while (microtime(true) < $start) {
            usleep(100);
        }
        $answer = ['value' => null, 'thrown' => null];
        ob_start();
        try {
            $run = static fn (array $arguments): mixed => eval($code);
            $answer['value'] = $run($arguments);
            $said = serialize($answer);
        } catch (Throwable $thrown) {
            $answer = ['value' => null, 'thrown' => [
                'class' => get_class($thrown),
                'message' => $thrown->getMessage(),
                'code' => $thrown->getCode(),
                'trace' => "{$thrown->getFile()}:{$thrown->getLine()}\n{$thrown->getTraceAsString()}",
            ]];
            $said = serialize($answer);
        }
        $printed = (string) ob_get_clean();
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        header('X-DM-Tests: ' . strlen($printed));
        exit($printed . $said);
    }, PHP_INT_MAX);
})();
