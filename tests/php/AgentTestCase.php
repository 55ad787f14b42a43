<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\AgentAccess;
use DataMachine\Connections\RunContext;
use DataMachine\Connections\Vault;

/**
 * A vault, and agents that want something of it.
 */
abstract class AgentTestCase extends VaultTestCase
{
    protected Vault $vault;
    protected AgentAccess $access;

    protected function setUp(): void
    {
        parent::setUp();
        $this->vault = $this->open();
        $this->access = $this->vault->access();
    }

    /**
     * A person asks an agent in a chat, and nothing stands in the way.
     */
    protected static function chat(int $user, int $agent = 7): ActingRequest
    {
        return self::known(ActingRequest::byAgent($agent)->asking($user)->in(RunContext::Chat));
    }

    /**
     * A request of which the rest is known, and is nothing in particular.
     */
    protected static function known(ActingRequest $request): ActingRequest
    {
        return $request->withoutSession()->withoutFlow()->mayEverything()->manages();
    }
}
