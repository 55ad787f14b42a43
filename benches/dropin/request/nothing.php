<?php

/**
 * A request that reads nothing.
 */

declare(strict_types=1);

require __DIR__ . '/boot.php';

echo '[]';
