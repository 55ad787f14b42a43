<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\AgentAccess;
use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Mode;
use DataMachine\Connections\WordPress\Anchor;

/**
 * The buttons about what agents may use.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class Granting
{
    /** Why, in the records of the store. */
    private const WHY = 'connections_page';

    public static function mode(Input $input): Said
    {
        $mode = Mode::tryFrom($input->text('mode'));
        if ($mode === null) {
            throw new Refusal('no_such_mode', __('There is no such mode.', 'datamachine-connections'));
        }
        Belonging::change(static fn (Anchor $anchor): Anchor => $anchor->with(mode: $mode));
        return Said::done($mode === Mode::Enforce
            ? __('Agents are refused what they have no grant for, from now on.', 'datamachine-connections')
            : __('Agents are let through from now on; what they have no grant for is written down.', 'datamachine-connections'));
    }

    public static function accept(Input $input): Said
    {
        $grant = self::access()->accept($input->text('id'), $input->by(), self::WHY);
        return Said::done($grant === null
            ? __('No grant was needed: it is allowed by now.', 'datamachine-connections')
            /* translators: %s: a sentence that says what is granted. */
            : sprintf(__('Granted: %s', 'datamachine-connections'), Words::grant(Words::terms($grant))));
    }

    public static function dismiss(Input $input): Said
    {
        self::access()->dismiss($input->text('id'));
        return Said::done(__('Dismissed. Should the same be asked for again, it is listed again.', 'datamachine-connections'));
    }

    public static function revoke(Input $input): Said
    {
        $revoked = self::access()->revoke($input->text('id'), $input->by(), self::WHY);
        return Said::done($revoked->revoked > 0
            ? __('The grant is taken back.', 'datamachine-connections')
            : __('The grant had been taken back before.', 'datamachine-connections'));
    }

    /**
     * The way out where somebody changed the grants of a pair in the database.
     */
    public static function revokeAll(Input $input): Said
    {
        $agent = $input->text('agent');
        $owner = $input->text('owner');
        if ($agent === '' || $owner === '') {
            throw new Refusal('nobody', __('It was not said whose grants.', 'datamachine-connections'));
        }
        $revoked = self::access()->revokeAll($input->by(), $agent, $owner, self::WHY);
        /* translators: 1: an agent, 2: an owner, 3: a number. */
        $text = __('%1$s has no grant of %2$s any more. There were: %3$d.', 'datamachine-connections');
        $count = $revoked->revoked + $revoked->removed;
        return Said::done(sprintf($text, Words::owner($agent), Words::owner($owner), $count));
    }

    private static function access(): AgentAccess
    {
        return Belonging::vault()->access();
    }
}
