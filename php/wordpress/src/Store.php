<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Options;
use DataMachine\Connections\Vault;

/**
 * The site's store, opened when it is first needed, and once per request.
 */
final class Store
{
    /**
     * Filters further providers, by slug, in the form of docs/catalogue.md. Asked when the store is opened, which is
     * after all plugins are loaded.
     */
    public const CATALOGUE = 'datamachine_connections_catalogue';

    /** For how long a failure is not tried again, in seconds: a page has many who ask, a worker outlives it. */
    private const REMEMBERED = 10;

    private ?Vault $vault = null;
    private ?\Throwable $failure = null;
    private float $failedAt = 0.0;

    /**
     * @param (\Closure(array): Options)|Problem $how how it is opened, or why it is not
     */
    private function __construct(#[\SensitiveParameter] private readonly \Closure|Problem $how)
    {
    }

    /**
     * The store that the anchor names.
     */
    public static function of(Anchor $anchor): self
    {
        return new self(static function (array $catalogue) use ($anchor): Options {
            $key = KeySource::look($anchor->keyFile());
            if (!$key->isThere()) {
                $was = $anchor->key === KeySource::FILE ? (string) $anchor->keyFile() : $anchor->key;
                throw (new Problem(Problem::KEY_MISSING, [KeySource::NAME, $was]))->exception();
            }
            return new Options(
                path: $anchor->store(),
                site: SiteIdentity::current(),
                keys: $key->keys(),
                keyFile: $key->file,
                storeId: $anchor->storeId,
                documentRoot: Place::of($anchor)->documentRoot(),
                // A copy on the same server has the site's very store before it.
                clone: 'read',
                catalogue: $catalogue,
            );
        });
    }

    /**
     * A store at a place, made where there is none: for a migration, before there is an anchor.
     */
    public static function make(Place $place): self
    {
        return new self(static function (array $catalogue) use ($place): Options {
            $place->prepare();
            $key = KeySource::look($place->keyFile());
            return new Options(
                path: $place->store(),
                site: SiteIdentity::current(),
                keys: $key->keys(),
                keyFile: $key->file,
                create: true,
                documentRoot: $place->documentRoot(),
                catalogue: $catalogue,
            );
        });
    }

    /**
     * A store that is not opened, because of what is wrong already.
     */
    public static function barred(Problem $problem): self
    {
        return new self($problem);
    }

    /**
     * The vault.
     *
     * @throws \Throwable why it cannot be opened
     */
    public function vault(): Vault
    {
        return $this->vault ?? $this->open();
    }

    /**
     * The same opened anew: for who was told that its handle is closed (InvalidHandleException), because the process
     * made room for another site's store.
     *
     * @throws \Throwable why it cannot be opened
     */
    public function open(): Vault
    {
        $this->vault = null;
        if ($this->failure !== null && microtime(true) < $this->failedAt + self::REMEMBERED) {
            throw $this->failure;
        }
        try {
            if ($this->how instanceof Problem) {
                throw $this->how->exception();
            }
            $this->failure = null;
            return $this->vault = self::opened($this->how);
        } catch (\Throwable $thrown) {
            $this->failure = $thrown;
            $this->failedAt = microtime(true);
            throw $thrown;
        }
    }

    private static function opened(#[\SensitiveParameter] \Closure $how): Vault
    {
        $catalogue = self::catalogue();
        try {
            return Vault::open($how($catalogue));
        } catch (InvalidArgumentException $refused) {
            if (!isset($catalogue['providers'])) {
                throw $refused;
            }
            // One plugin's mistake about its provider takes nobody else's connections away.
            Plugin::log(Problem::of($refused));
            return Vault::open($how(['any' => true]));
        }
    }

    /**
     * What other plugins say of their providers. Of those that nobody says anything of, accounts are taken out of the
     * old option all the same: their classes look for them in the store.
     *
     * @return array<string, mixed>
     */
    private static function catalogue(): array
    {
        $providers = apply_filters(self::CATALOGUE, []);
        return ['any' => true] + (is_array($providers) && $providers !== [] ? ['providers' => $providers] : []);
    }

    /**
     * Why it cannot be opened; null where it is open, which it is then.
     */
    public function problem(): ?Problem
    {
        if ($this->how instanceof Problem) {
            return $this->how;
        }
        try {
            $this->vault();
            return null;
        } catch (\Throwable $thrown) {
            return Problem::of($thrown);
        }
    }

    /**
     * Whether it was opened in this request.
     */
    public function isOpen(): bool
    {
        return $this->vault !== null;
    }
}
