<?php

/**
 * For PHPUnit, which stays outside of WordPress: sites are asked over HTTP, and looked at in their database and files.
 */

declare(strict_types=1);

require_once __DIR__ . '/../php/bootstrap.php';

spl_autoload_register(static function (string $class): void {
    $prefix = 'DataMachine\\Connections\\Tests\\WordPress\\';
    $file = __DIR__ . '/support/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    if (str_starts_with($class, $prefix) && is_file($file)) {
        require_once $file;
    }
});
