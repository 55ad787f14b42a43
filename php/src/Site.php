<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What knows who is asking right now. `ActingRequest::current()` asks it; the drop-in has one for WordPress.
 */
interface Site
{
    /**
     * The request as it is at this moment. What is not known is not said.
     */
    public function actingRequest(): ActingRequest;
}
