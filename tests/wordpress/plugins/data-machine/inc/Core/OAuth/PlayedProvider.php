<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * A provider of another plug-in's, which overrides nothing but what it has to.
 */
final class PlayedProvider extends BaseAuthProvider
{
    public function get_config_fields(): array
    {
        return [];
    }

    public function is_authenticated(): bool
    {
        return $this->get_account() !== [];
    }
}
