<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\RunContext;

/**
 * Who is asking right now, as WordPress and Data Machine know it. docs/grants.md has where each fact comes from.
 *
 * Nothing of it comes from a tool's arguments, from a model, or from what a client sent. What is not known, or is told
 * in two ways, is left out.
 *
 * @internal
 */
final class Acting
{
    public static function request(): ActingRequest
    {
        $agent = self::agent();
        $request = match ($agent) {
            false => ActingRequest::unknown(),
            null => ActingRequest::withoutAgent(),
            default => ActingRequest::byAgent($agent),
        };
        $request = self::withSubject($request, $agent === null);
        $request = self::withSession($request);
        $context = self::context($agent === null);
        $request = $context === null ? $request : $request->in($context);
        $flow = Running::step()?->flow();
        $request = match (true) {
            $flow === false => $request,
            $flow === null => $request->withoutFlow(),
            default => $request->inFlow($flow->id, $flow->owner, $flow->digest),
        };
        // What an agent or a token may not do at all, Data Machine refuses by itself, and in other words than scopes.
        return $request->mayEverything();
    }

    /**
     * @return int|false|null null where none acts, false where it is not known which
     */
    private static function agent(): int|false|null
    {
        $top = Running::top();
        $context = Running::context();
        if ($top?->kind === Frame::TOOL) {
            $agent = $top->agent > 0 ? $top->agent : (int) $context;
            return $agent > 0 && in_array($context, [null, $agent], true) ? $agent : false;
        }
        if ($context !== null) {
            return $context > 0 ? $context : false;
        }
        // A step in which no agent is set, such as one that fetches, is its flow's: that agent acts in its other steps.
        $flow = $top?->flow();
        return $flow === false ? false : $flow?->agent;
    }

    private static function withSubject(ActingRequest $request, bool $alone): ActingRequest
    {
        $step = Running::step();
        return $step === null
            ? self::withPerson($request, $alone)
            : self::withOwner($request->manages(), $step->flow());
    }

    private static function withOwner(ActingRequest $request, Flow|false|null $flow): ActingRequest
    {
        if ($flow === false) {
            return $request;
        }
        return $flow?->owner === null ? $request->withoutPerson() : $request->scheduled($flow->owner);
    }

    private static function withPerson(ActingRequest $request, bool $alone): ActingRequest
    {
        // Where an agent's context is set, who is logged in is the agent's owner, whoever asks.
        $user = WordPress::unattended() || Running::context() !== null ? 0 : WordPress::user();
        if ($user === null) {
            return $request;
        }
        if ($user === 0) {
            return $request->withoutPerson()->manages();
        }
        $manages = $alone ? WordPress::manages($user) : [];
        $request = $request->asking($user);
        return $manages === null ? $request : $request->manages(...$manages);
    }

    private static function withSession(ActingRequest $request): ActingRequest
    {
        $top = Running::top();
        if ($top?->kind !== Frame::TOOL || $top->session === null) {
            return $request->withoutSession();
        }
        if (!$top->sure) {
            return $request;
        }
        // One that a tool call began or named is no conversation of a person's.
        $caller = Running::caller();
        return $caller === null || $caller->session === $top->session
            ? $request->inSession($top->session)
            : $request->withoutSession();
    }

    private static function context(bool $alone): ?RunContext
    {
        $step = Running::step();
        if ($step !== null) {
            $flow = $step->flow();
            return $flow === false ? null : ($flow === null ? RunContext::System : RunContext::Pipeline);
        }
        return match (true) {
            WordPress::cli() => RunContext::Cli,
            Running::top()?->session !== null => RunContext::Chat,
            WordPress::unattended() => RunContext::System,
            $alone => RunContext::Rest,
            default => self::principals(),
        };
    }

    /**
     * What Data Machine says of the agent whose context is set.
     */
    private static function principals(): ?RunContext
    {
        try {
            $said = PermissionHelper::get_execution_principal()?->request_context;
            return is_string($said) ? RunContext::tryFrom($said) : null;
        } catch (\Throwable) {
            return null;
        }
    }
}
