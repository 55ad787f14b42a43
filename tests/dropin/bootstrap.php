<?php

/**
 * For PHPUnit, and for the processes that the tests start. DM_WORDPRESS says on what the drop-in runs: `single` or
 * `network` for a real WordPress; unset for a few stubs, which are no WordPress.
 */

declare(strict_types=1);

require_once __DIR__ . '/../php/bootstrap.php';

spl_autoload_register(static function (string $class): void {
    $prefix = 'DataMachine\\Connections\\Tests\\Dropin\\';
    $file = __DIR__ . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    $file = str_replace('/Providers/', '/providers/', $file);
    if (str_starts_with($class, $prefix) && is_file($file)) {
        require_once $file;
    }
});

if (in_array(getenv('DM_WORDPRESS'), ['single', 'network'], true)) {
    require __DIR__ . '/wordpress.php';
} else {
    require __DIR__ . '/stubs.php';
}
require __DIR__ . '/datamachine.php';

// As the plug-in does: eagerly, and only these files name the classes.
foreach (['BaseAuthProvider', 'BaseOAuth1Provider', 'BaseOAuth2Provider', 'HttpBasicAuthProvider'] as $class) {
    require_once __DIR__ . "/../../php/dropin/{$class}.php";
}
