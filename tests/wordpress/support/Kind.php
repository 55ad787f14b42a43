<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * One site, or a network of two in subdirectories: `/` and `/second/`.
 */
enum Kind: string
{
    case Single = 'single';
    case Network = 'network';
}
