<?php

/**
 * Loads the classes of DataMachine\Connections where Composer's autoloader is not in use.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $prefix = 'DataMachine\\Connections\\';
    if (!str_starts_with($class, $prefix)) {
        return;
    }
    $path = strtr(substr($class, strlen($prefix)), '\\', '/');
    $file = __DIR__ . (str_starts_with($path, 'Dropin/') ? '/dropin/' . substr($path, 7) : "/src/{$path}") . '.php';
    if (is_file($file)) {
        require $file;
    }
});
