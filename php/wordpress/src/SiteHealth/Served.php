<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\SiteHealth;

use DataMachine\Connections\WordPress\Place;

/**
 * Whether the web server gives the store or its key file to whoever asks: it is asked, by a request to the site itself.
 * Only a place below wp-content has an address at all.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 */
final class Served
{
    /** How every database of SQLite begins. */
    private const MAGIC = 'SQLite format 3';
    private const SECONDS = 10;

    /**
     * Null where there is nothing to be asked.
     */
    public static function look(Place $place): ?Finding
    {
        $database = $place->url('store/connections.sqlite');
        if ($database === null) {
            return null;
        }
        try {
            $served = self::isDatabase($database)
                || (is_file($place->keyFile()) && self::isFile((string) $place->url('key/primary.key'), $place->keyFile()));
        } catch (\RuntimeException $failed) {
            return self::unknown($failed->getMessage());
        }
        return $served ? self::served($place) : self::notServed();
    }

    private static function isDatabase(string $url): bool
    {
        // A page that says "not found" politely has the status of one that was found, so it is looked at what comes.
        $arguments = ['headers' => ['Range' => 'bytes=0-15'], 'limit_response_size' => 16];
        return str_starts_with((string) wp_remote_retrieve_body(self::ask('GET', $url, $arguments)), self::MAGIC);
    }

    /** The key itself is not fetched: its length is told without it. */
    private static function isFile(string $url, string $file): bool
    {
        $answer = self::ask('HEAD', $url, ['headers' => ['Accept-Encoding' => 'identity']]);
        return wp_remote_retrieve_response_code($answer) === 200
            && wp_remote_retrieve_header($answer, 'content-length') === (string) @filesize($file);
    }

    /**
     * @param array<string, mixed> $arguments
     *
     * @return array<string, mixed>
     *
     * @throws \RuntimeException where there is no answer; the message is WordPress's
     */
    private static function ask(string $method, string $url, array $arguments): array
    {
        $answer = wp_remote_request($url, $arguments + [
            'method' => $method,
            'redirection' => 0,
            'timeout' => self::SECONDS,
            /** This filter is documented in wp-includes/class-wp-http-streams.php */
            'sslverify' => apply_filters('https_local_ssl_verify', false),
        ]);
        return is_wp_error($answer) ? throw new \RuntimeException($answer->get_error_message()) : $answer;
    }

    private static function served(Place $place): Finding
    {
        $path = (string) wp_parse_url((string) $place->url(''), PHP_URL_PATH);
        return new Finding(
            Finding::CRITICAL,
            __('The web server gives the store of the connections to whoever asks', 'datamachine-connections'),
            __('Only the name of its directory, which cannot be guessed, keeps it from being downloaded. Move it out of what the web server serves (see “The store lies within …”), or tell the web server to refuse it. For nginx, in the site\'s server block:', 'datamachine-connections'),
            ['location ^~ ' . rtrim($path, '/') . '/ { deny all; }']
        );
    }

    private static function notServed(): Finding
    {
        return new Finding(
            Finding::GOOD,
            __('The web server refuses to serve the store of the connections', 'datamachine-connections'),
            __('A request to the site itself did not get it.', 'datamachine-connections')
        );
    }

    private static function unknown(string $why): Finding
    {
        /* translators: %s: an error of WordPress. */
        $text = __('The site cannot send requests to itself (%s), so whether the web server serves the store is not known. Try the address in a browser that is not logged in: it has to be refused.', 'datamachine-connections');
        return new Finding(
            Finding::RECOMMENDED,
            __('Whether the web server serves the store of the connections is not known', 'datamachine-connections'),
            sprintf($text, $why)
        );
    }
}
