<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * This process still holds another release than is installed now: reload php-fpm.
 */
final class ReloadRequiredException extends LibraryException
{
    /**
     * @param string $held     the version that the process holds
     * @param string $expected the version of the installed files
     * @param string $why      what holds it
     */
    public function __construct(string $held, string $expected, string $why)
    {
        parent::__construct(
            "This PHP process still runs Data Machine Connections {$held}, and {$expected} is installed now ({$why}). "
            . 'Reload php-fpm (systemctl reload php8.2-fpm), or restart this process. If that changes nothing, '
            . 'install the library and the PHP files of one release.'
        );
    }
}
