<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Decision;
use DataMachine\Connections\Exception\InvalidHandleException;
use DataMachine\Connections\Mode;
use DataMachine\Connections\Query;

/**
 * Asks the grants whether a getter may hand out an account, while an agent, a tool call of one or a pipeline is under
 * way.
 *
 * Once for each tool call or step, request and account: a getter that is called again in it is the same use.
 *
 * @internal
 */
final class Admission
{
    /** What helps, by the remedy's code. */
    private const REMEDIES = [
        'connect' => 'connect it',
        'name_account' => 'name the account',
        'ask_as_owner' => 'its owner has to ask for it, or a flow to run as an agent that has a grant',
        'lift' => 'the grant that forbids it has to be lifted',
        'grant' => 'a grant has to be given',
        'widen' => 'the grant has to be widened',
        'confirm_flow' => 'the flow has to be looked at, and the grant given anew',
        'wait' => 'it has to be waited for',
        'reconnect' => 'connect it again',
        'operator' => 'who runs the site has to mend it',
    ];
    /** Who can do that. */
    private const WHO = [
        'owner' => 'by %s',
        'flow_owner' => 'by %s',
        'caller' => 'by who calls',
    ];

    /**
     * Whether there is such an account. What mode `observe` lets through is written down where the store can.
     *
     * @throws \Throwable where it is there, and may not be handed out
     */
    public static function ask(string $provider, string $owner, string $account): bool
    {
        try {
            $query = new Query(provider: $provider, owner: $owner, account: $account, limit: 1);
            if (Runtime::vault()->find($query)->rows === []) {
                return false;
            }
            $refusal = self::decided(ActingRequest::current(), $provider, $owner, $account);
        } catch (InvalidHandleException $closed) {
            // For Failures, which opens it again.
            throw $closed;
        } catch (\Throwable $thrown) {
            if (Runtime::mode() === Mode::Enforce) {
                throw $thrown;
            }
            Failures::log($provider, $thrown);
            return true;
        }
        return $refusal === null ? true : throw $refusal;
    }

    private static function decided(ActingRequest $request, string $provider, string $owner, string $account): ?Refusal
    {
        $frame = Running::frame();
        $asked = json_encode([$request->toArray(), $provider, $owner, $account], JSON_THROW_ON_ERROR);
        if (!array_key_exists($asked, $frame->decided)) {
            $wanted = ['owner' => $owner, 'account' => $account];
            $decision = Runtime::vault()->access()->admit($request, $provider, $wanted, Runtime::mode());
            $refused = !$decision->allowed && Runtime::mode() === Mode::Enforce;
            $frame->decided[$asked] = $refused ? self::refusal($decision) : null;
        }
        return $frame->decided[$asked];
    }

    private static function refusal(Decision $decision): Refusal
    {
        $remedy = $decision->remedy();
        $helps = self::REMEDIES[$remedy?->code] ?? null;
        $who = isset(self::WHO[$remedy?->who]) ? sprintf(self::WHO[$remedy->who], $remedy->whose ?? 'its owner') : '';
        $message = ucfirst((string) $decision->message) . " ({$decision->reason}).";
        return new Refusal(
            (string) $decision->reason,
            $helps === null ? "{$message} Nothing helps." : "{$message} What helps: " . trim("{$helps} {$who}") . '.'
        );
    }
}
