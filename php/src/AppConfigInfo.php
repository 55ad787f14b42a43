<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is known about an app config without opening its document.
 */
class AppConfigInfo extends RowInfo
{
}
