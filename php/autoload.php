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
    $name = strtr(substr($class, strlen($prefix)), '\\', '/');
    $part = strstr($name, '/', true);
    $file = __DIR__ . match ($part) {
        'Dropin' => '/dropin' . substr($name, 6),
        'WordPress' => '/wordpress/src' . substr($name, 9),
        default => "/src/{$name}",
    } . '.php';
    if (is_file($file)) {
        require $file;
    }
});
