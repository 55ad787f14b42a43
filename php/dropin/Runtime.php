<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Mode;
use DataMachine\Connections\Vault;

/**
 * Where the drop-in classes get their vault from: said once per request by the plug-in, or by a test.
 */
final class Runtime
{
    private static ?\Closure $open = null;
    private static ?\Closure $salt = null;
    private static ?Mode $mode = null;
    private static ?Vault $vault = null;

    /**
     * @param \Closure(): Vault       $open opens the vault; called when it is first needed
     * @param (\Closure(): string)|null $salt gives the salt of the old envelopes; without it, `wp_salt('auth')` does
     * @param Mode|null               $mode what becomes of an agent's call of a getter that the grants do not allow;
     *                                      it is observed, where nothing is said
     */
    public static function configure(\Closure $open, ?\Closure $salt = null, ?Mode $mode = null): void
    {
        self::reset();
        self::$open = $open;
        self::$salt = $salt;
        self::$mode = $mode;
        // In a closure: most requests are nobody's but their own, and load none of it.
        ActingRequest::askedOf(static fn (): ActingRequest => Acting::request());
        Running::listen();
    }

    /**
     * Forgets the vault, and what was said of failures. For tests, and for workers between two requests.
     */
    public static function reset(): void
    {
        self::$open = null;
        self::$salt = null;
        self::$mode = null;
        self::$vault = null;
        ActingRequest::askedOf(null);
        Running::forget();
        Failures::forget();
    }

    /**
     * What becomes of an agent's call of a getter that the grants do not allow.
     */
    public static function mode(): Mode
    {
        return self::$mode ?? Mode::Observe;
    }

    /**
     * Lets the next call open the vault anew.
     *
     * @internal
     */
    public static function reopen(): void
    {
        self::$vault = null;
    }

    /**
     * The vault, opened at the first call. Opening that failed is tried again: a worker may outlive what was wrong.
     *
     * @throws \Throwable whatever the closure throws
     */
    public static function vault(): Vault
    {
        if (self::$vault === null) {
            self::$vault = (self::$open ?? throw new Refusal(
                'not_set_up',
                'The drop-in was loaded, but nobody said where its store is: Runtime::configure() has to be called.'
            ))();
        }
        return self::$vault;
    }

    /**
     * The salt that today's envelopes are sealed with.
     *
     * @throws \Throwable whatever the closure throws
     */
    public static function salt(): string
    {
        if (self::$salt !== null) {
            return (self::$salt)();
        }
        if (!function_exists('wp_salt')) {
            throw new Refusal('no_salt', 'There is no wp_salt(), so envelopes of the old option cannot be read.');
        }
        return (string) wp_salt('auth');
    }
}
