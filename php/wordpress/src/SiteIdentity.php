<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * Which site this is: what tells a copy from the site that it was made of.
 */
final class SiteIdentity
{
    /** For a site that answers to several names: `define('DATAMACHINE_CONNECTIONS_SITE', 'example.org');`. */
    public const NAME = 'DATAMACHINE_CONNECTIONS_SITE';

    /**
     * The site's address without its scheme, such as `example.org/sub`; of a network, the network's.
     *
     * As it is stored, or said in wp-config.php: plug-ins filter home_url() by language, and a page in another one is
     * no copy of the site.
     */
    public static function current(): string
    {
        if (defined(self::NAME) && is_string(constant(self::NAME))) {
            return self::normal(constant(self::NAME));
        }
        if (is_multisite()) {
            $network = get_network();
            return self::normal($network->domain . $network->path);
        }
        return self::normal((string) get_option('home'));
    }

    /**
     * The same as a number: whoever copies a site's database replaces its address in it, serialised or not.
     */
    public static function hash(): string
    {
        return hash('sha256', self::current());
    }

    /**
     * An address without scheme and trailing slash, in lower case.
     */
    public static function normal(string $address): string
    {
        return strtolower(rtrim((string) preg_replace('~^[a-z][a-z0-9+.-]*://~i', '', trim($address)), '/'));
    }
}
