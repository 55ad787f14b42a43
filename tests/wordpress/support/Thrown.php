<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * What code threw that Site::evaluate() ran.
 */
final class Thrown extends \RuntimeException
{
    /**
     * @param string $class the class of what was thrown
     * @param string $where its file, line and trace
     */
    public function __construct(
        public readonly string $class,
        public readonly string $said,
        public readonly string $where,
    ) {
        parent::__construct("{$class}: {$said}\n{$where}");
    }
}
