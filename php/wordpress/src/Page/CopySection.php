<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\SiteIdentity;

/**
 * On a copy of the site: what that means, and the way to be none.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class CopySection
{
    public static function show(string $site): Html
    {
        $here = SiteIdentity::current();
        /* translators: 1: the site that the store belongs to, 2: this site. */
        $text = __('The connections belong to %1$s, and this site is %2$s: a copy of it, or the same site under a new address. Accounts can be read here, but none is saved, deleted, or renewed or taken back at its provider: the store may be the very one that the other site uses, and renewing would log that out.', 'datamachine-connections');
        /* translators: %s: the site that the store belongs to. */
        $means = __('Adopting them means: from now on they are renewed here, and %s must not use them any more. If both do, each breaks the other\'s logins, and every account has to be connected again.', 'datamachine-connections');
        /* translators: %s: this site's address. */
        $button = sprintf(__('Adopt: the connections belong to %s', 'datamachine-connections'), $here);
        return Html::all(
            Parts::heading(__('This site is a copy', 'datamachine-connections')),
            Parts::notice('warning', sprintf($text, $site, $here)),
            Parts::text(sprintf($means, $site)),
            Parts::text(__('For a staging site do nothing: it is safe as it is. Do not roll back there, though, unless you delete the accounts from it at once: without this plugin nothing keeps the copy from renewing them.', 'datamachine-connections')),
            Parts::form('adopt', $button)
        );
    }
}
