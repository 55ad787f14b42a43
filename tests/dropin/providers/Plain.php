<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Connections\Dropin\Standing;
use DataMachine\Core\OAuth\BaseAuthProvider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * A child that overrides nothing, asks the vault whether it is connected, and lets tests call what is protected.
 */
class Plain extends BaseAuthProvider
{
    public function get_config_fields(): array
    {
        return [];
    }

    public function is_authenticated(): bool
    {
        return Standing::connected($this->provider_slug);
    }

    public function call(string $method, mixed ...$arguments): mixed
    {
        return $this->$method(...$arguments);
    }
}
